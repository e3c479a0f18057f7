#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/engine/account_table.hpp"

namespace elytra::engine {
namespace {

using Change = AccountTable::Change;
using ledger::AccountRow;

// Of a random number of bits.
u128 random_number(Prng& prng) {
    const std::uint64_t bits = prng.below(129);
    return bits == 0 ? 0 : prng.next_u128() >> (128 - bits);
}

std::vector<Change> random_changes(Prng& prng) {
    std::vector<Change> changes;
    std::uint64_t row = 0;
    for (std::uint64_t left = prng.below(50); left > 0; --left) {
        row += prng.chance(1, 2) ? 0 : prng.below(std::uint64_t{1} << prng.below(25));
        changes.push_back({.account = AccountRow{static_cast<std::uint32_t>(row)},
                           .flags = static_cast<std::uint16_t>(prng.next() >> prng.below(64)),
                           .debits_pending = random_number(prng),
                           .debits_posted = random_number(prng),
                           .credits_pending = random_number(prng),
                           .credits_posted = random_number(prng)});
        ++row;
    }
    return changes;
}

std::vector<std::byte> bytes_of(std::initializer_list<std::uint8_t> values) {
    std::vector<std::byte> bytes;
    for (const std::uint8_t value : values) bytes.push_back(std::byte{value});
    return bytes;
}

TEST_CASE("any changes come back, and less than all of them do not") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const std::vector<Change> changes = random_changes(prng);
        const std::vector<std::byte> bytes = encode(changes);
        CHECK(decode_changes(bytes) == changes);
        const std::span<const std::byte> less = std::span(bytes).first(prng.below(bytes.size()));
        CHECK_FALSE(decode_changes(less).has_value());
    }
}

TEST_CASE("the bytes of changes stay what they are in data files") {
    const std::vector<Change> changes = {
        {.account = AccountRow{0}, .flags = 32, .debits_posted = 0x1234},
        {.account = AccountRow{1}, .credits_posted = make_u128(0x0102030405060708, 9)},
        {.account = AccountRow{302}, .flags = 200, .debits_pending = 1, .credits_pending = 255},
    };
    const std::vector<std::byte> expected = bytes_of({
        3,                                         // changes
        0,    32,                                  // row 0, flags
        0x20, 0x00, 0x34, 0x12,                    // two bytes of debits_posted
        0,    0,                                   // the next row
        0x00, 0xf0, 9,    0,    0,    0,    0, 0,  // all bytes of credits_posted
        0,    0,    8,    7,    6,    5,    4, 3,
        2,    1,    0xac, 0x02, 0xc8, 0x01,  // 300 rows further, flags 200
        0x01, 0x01, 1,    255,
    });
    CHECK(encode(changes) == expected);
    CHECK(encode({}) == bytes_of({0}));
}

TEST_CASE("bytes that encode() would not write are refused") {
    struct Row {
        const char* what;
        std::vector<std::byte> bytes;
    };

    const Row rows[] = {
        {"nothing", {}},
        {"a byte too many", bytes_of({0, 0})},
        {"a count with a leading zero", bytes_of({0x80, 0})},
        {"a count of 33 bits", bytes_of({0x80, 0x80, 0x80, 0x80, 0x10})},
        {"a count that does not end", bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0})},
        {"fewer changes than promised", bytes_of({2, 0, 0, 0, 0})},
        {"a row beyond all accounts", bytes_of({1, 0x80, 0x80, 0x80, 0x80, 8, 0, 0, 0})},
        {"flags of 17 bits", bytes_of({1, 0, 0x80, 0x80, 4, 0, 0})},
        {"a number with a leading zero", bytes_of({1, 0, 0, 2, 0, 1, 0})},
        {"a zero of one byte", bytes_of({1, 0, 0, 0, 0x10, 0})},
        {"14 bytes in 16",
         bytes_of({1, 0, 0, 15, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0})},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK_FALSE(decode_changes(row.bytes).has_value());
    }
    CHECK(decode_changes(bytes_of({1, 0, 0, 2, 0, 1, 1})).has_value());
    CHECK(decode_changes(bytes_of({1, 0xff, 0xff, 0xff, 0xff, 7, 0, 0, 0})).has_value());
}

TEST_CASE("damaged changes are refused or are the only encoding of others") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const std::vector<Change> changes = random_changes(prng);
        std::vector<std::byte> bytes = encode(changes);
        bool all_noticed = true;
        for (std::byte& byte : bytes) {
            const std::byte before = byte;
            byte ^= std::byte{static_cast<std::uint8_t>(prng.between(1, 255))};
            const std::optional<std::vector<Change>> decoded = decode_changes(bytes);
            const bool refused = !decoded.has_value();
            all_noticed =
                all_noticed && (refused || (*decoded != changes && encode(*decoded) == bytes));
            byte = before;
        }
        CHECK(all_noticed);
    }
}

}  // namespace
}  // namespace elytra::engine
