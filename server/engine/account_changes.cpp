#include <array>
#include <bit>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/engine/account_table.hpp"

// Account changes as bytes: byte table in README.md.
namespace elytra::engine {

using Change = AccountTable::Change;
using ledger::AccountRow;

namespace {

// A number's length is stored in four bits, of which the highest value stands for all 16 bytes.
constexpr std::uint32_t length_full = 15;
constexpr std::size_t change_size_min = 4;   // row, flags, two bytes of lengths
constexpr std::size_t change_size_max = 74;  // 5 + 3 + 2 + 4 * 16; also that of a count

std::array<u128, 4> balances_of(const Change& change) {
    return {change.debits_pending, change.debits_posted, change.credits_pending,
            change.credits_posted};
}

std::uint32_t byte_count(u128 value) {
    const std::uint64_t high = high_half(value);
    const auto bits = high != 0 ? 64 + std::bit_width(high) : std::bit_width(low_half(value));
    return (static_cast<std::uint32_t>(bits) + 7) / 8;
}

std::uint32_t length_code(u128 value) {
    const std::uint32_t count = byte_count(value);
    return count < length_full ? count : length_full;
}

constexpr std::uint32_t length_of(std::uint32_t code) { return code < length_full ? code : 16; }

class Writer {
public:
    // Makes room for so many more bytes.
    void reserve(std::size_t size) {
        if (bytes_.size() - size_ < size) bytes_.resize(bytes_.size() * 2 + size);
    }

    void put_byte(std::uint32_t value) { bytes_[size_++] = static_cast<std::byte>(value); }

    // Seven bits a byte, lowest first; the highest bit says that more follow.
    void put_varint(std::uint32_t value) {
        while (value >= 0x80) {
            put_byte((value & 0x7f) | 0x80);
            value >>= 7;
        }
        put_byte(value);
    }

    void put_number(u128 value, std::uint32_t length) {
        std::memcpy(bytes_.data() + size_, &value, sizeof(value));
        size_ += length;
    }

    std::vector<std::byte> take() {
        bytes_.resize(size_);
        return std::move(bytes_);
    }

private:
    std::vector<std::byte> bytes_;
    std::size_t size_ = 0;
};

// Every function tells whether the bytes had what was asked for, in its only form.
class Parser {
public:
    explicit Parser(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::size_t left() const { return bytes_.size(); }

    bool take_byte(std::uint32_t& value) {
        if (bytes_.empty()) return false;
        value = std::to_integer<std::uint32_t>(bytes_.front());
        bytes_ = bytes_.subspan(1);
        return true;
    }

    bool take_varint(std::uint32_t& value) {
        std::uint64_t collected = 0;
        for (std::uint32_t shift = 0; shift <= 28; shift += 7) {
            std::uint32_t byte = 0;
            if (!take_byte(byte)) return false;
            collected |= std::uint64_t{byte & 0x7f} << shift;
            if ((byte & 0x80) != 0) continue;
            value = static_cast<std::uint32_t>(collected);
            return collected <= UINT32_MAX && (byte != 0 || shift == 0);
        }
        return false;
    }

    bool take_number(std::uint32_t code, u128& value) {
        const std::uint32_t length = length_of(code);
        if (bytes_.size() < length) return false;
        value = 0;
        std::memcpy(&value, bytes_.data(), length);
        bytes_ = bytes_.subspan(length);
        return length_code(value) == code;
    }

private:
    std::span<const std::byte> bytes_;
};

void put_change(const Change& change, std::uint32_t row_next, Writer& writer) {
    ELYTRA_ASSERT(change.account.value >= row_next);
    writer.put_varint(change.account.value - row_next);
    writer.put_varint(change.flags);
    const std::array<u128, 4> balances = balances_of(change);
    std::array<std::uint32_t, 4> codes{};
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = length_code(balances[i]);
    writer.put_byte(codes[0] | codes[1] << 4);
    writer.put_byte(codes[2] | codes[3] << 4);
    for (std::size_t i = 0; i < codes.size(); ++i) {
        writer.put_number(balances[i], length_of(codes[i]));
    }
}

bool take_change(Parser& parser, std::uint64_t row_next, Change& change) {
    std::uint32_t distance = 0;
    std::uint32_t flags = 0;
    std::uint32_t debit_codes = 0;
    std::uint32_t credit_codes = 0;
    if (!parser.take_varint(distance) || !parser.take_varint(flags)) return false;
    if (!parser.take_byte(debit_codes) || !parser.take_byte(credit_codes)) return false;
    if (row_next + distance >= AccountTable::count_max || flags > UINT16_MAX) return false;
    change.account = AccountRow{static_cast<std::uint32_t>(row_next + distance)};
    change.flags = static_cast<std::uint16_t>(flags);
    return parser.take_number(debit_codes & 15, change.debits_pending) &&
           parser.take_number(debit_codes >> 4, change.debits_posted) &&
           parser.take_number(credit_codes & 15, change.credits_pending) &&
           parser.take_number(credit_codes >> 4, change.credits_posted);
}

}  // namespace

std::vector<std::byte> encode(std::span<const Change> changes) {
    Writer writer;
    writer.reserve(change_size_max);
    writer.put_varint(narrow<std::uint32_t>(changes.size()));
    std::uint32_t row_next = 0;
    for (const Change& change : changes) {
        writer.reserve(change_size_max);
        put_change(change, row_next, writer);
        row_next = change.account.value + 1;
    }
    return writer.take();
}

std::optional<std::vector<Change>> decode_changes(std::span<const std::byte> bytes) {
    Parser parser(bytes);
    std::uint32_t count = 0;
    if (!parser.take_varint(count) || count > parser.left() / change_size_min) return std::nullopt;
    std::vector<Change> changes(count);
    std::uint32_t row_next = 0;
    for (Change& change : changes) {
        if (!take_change(parser, row_next, change)) return std::nullopt;
        row_next = change.account.value + 1;
    }
    if (parser.left() > 0) return std::nullopt;
    return changes;
}

}  // namespace elytra::engine
