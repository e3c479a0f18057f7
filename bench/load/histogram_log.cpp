#include "bench/load/histogram_log.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "bench/load/base64.hpp"
#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::bench {
namespace {

using Bytes = std::vector<std::uint8_t>;

// "V2", with the width of a count word (1 = variable) in the second lowest half byte.
constexpr std::uint32_t cookie_plain = 0x1c849303 | 0x10;
constexpr std::uint32_t cookie_deflated = 0x1c849304 | 0x10;
constexpr std::size_t plain_header_size = 40;
constexpr std::size_t deflated_header_size = 8;
constexpr std::size_t varint_size_max = 9;
constexpr std::uint64_t ratio_one = std::bit_cast<std::uint64_t>(1.0);  // of integers to values

// All fixed-width fields of the format are big-endian.
template <class T>
void append_big_endian(Bytes& bytes, T value) {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

std::uint32_t read_big_endian32(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
           at[3];
}

std::uint64_t read_big_endian64(const std::uint8_t* at) {
    return std::uint64_t{read_big_endian32(at)} << 32 | read_big_endian32(at + 4);
}

// Seven bits a byte, lowest first; the ninth byte, if it comes to that, holds eight.
void append_varint(Bytes& bytes, std::int64_t value) {
    std::uint64_t rest =
        (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    for (std::size_t written = 1; rest >= 0x80 && written < varint_size_max; ++written) {
        bytes.push_back(static_cast<std::uint8_t>(rest | 0x80));
        rest >>= 7;
    }
    bytes.push_back(static_cast<std::uint8_t>(rest));
}

std::optional<std::int64_t> read_varint(const Bytes& bytes, std::size_t& at) {
    std::uint64_t value = 0;
    for (std::size_t read = 0; read < varint_size_max; ++read) {
        if (at == bytes.size()) return std::nullopt;
        const std::uint64_t byte = bytes[at++];
        const bool last = read + 1 == varint_size_max || byte < 0x80;
        value |= (last ? byte : byte & 0x7f) << (7 * read);
        if (last) break;
    }
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

// A run of empty classes is one negative number, a lone empty class is 0.
void append_counts(Bytes& bytes, std::span<const std::uint64_t> classes) {
    std::size_t index = 0;
    while (index < classes.size()) {
        const std::size_t run_begin = index;
        while (index < classes.size() && classes[index] == 0) ++index;
        const std::int64_t run = narrow<std::int64_t>(index - run_begin);
        if (run > 0) {
            append_varint(bytes, run == 1 ? 0 : -run);
        } else {
            append_varint(bytes, narrow<std::int64_t>(classes[index++]));
        }
    }
}

bool read_counts(const Bytes& bytes, LatencyHistogram& histogram) {
    std::size_t at = plain_header_size;
    std::uint64_t index = 0;
    while (at < bytes.size()) {
        const std::optional<std::int64_t> word = read_varint(bytes, at);
        if (!word.has_value()) return false;
        const std::uint64_t skipped = *word < 0 ? 0 - static_cast<std::uint64_t>(*word) : 1;
        if (skipped > LatencyHistogram::class_count() - index) return false;
        if (*word > 0) {
            histogram.add(LatencyHistogram::class_begin(index), static_cast<std::uint64_t>(*word));
        }
        index += skipped;
    }
    return true;
}

Bytes plain_form(const LatencyHistogram& histogram) {
    Bytes counts;
    append_counts(counts, histogram.classes());
    Bytes bytes;
    bytes.reserve(plain_header_size + counts.size());
    append_big_endian(bytes, cookie_plain);
    append_big_endian(bytes, narrow<std::uint32_t>(counts.size()));
    append_big_endian(bytes, std::uint32_t{0});  // normalizing index offset
    append_big_endian(bytes, LatencyHistogram::significant_digits);
    append_big_endian(bytes, LatencyHistogram::value_min);
    append_big_endian(bytes, LatencyHistogram::value_max);
    append_big_endian(bytes, ratio_one);
    bytes.insert(bytes.end(), counts.begin(), counts.end());
    return bytes;
}

bool plain_header_ours(const Bytes& plain) {
    return plain.size() >= plain_header_size && read_big_endian32(&plain[0]) == cookie_plain &&
           read_big_endian32(&plain[4]) == plain.size() - plain_header_size &&
           read_big_endian32(&plain[8]) == 0 &&
           read_big_endian32(&plain[12]) == LatencyHistogram::significant_digits &&
           read_big_endian64(&plain[16]) == LatencyHistogram::value_min &&
           read_big_endian64(&plain[24]) == LatencyHistogram::value_max &&
           read_big_endian64(&plain[32]) == ratio_one;
}

Bytes deflate(const Bytes& plain) {
    uLongf size = compressBound(plain.size());
    Bytes deflated(size);
    const int status = compress(deflated.data(), &size, plain.data(), plain.size());
    ELYTRA_ASSERT(status == Z_OK);  // the buffer has the bound's size; only memory could be missing
    deflated.resize(size);
    return deflated;
}

std::optional<Bytes> inflate(std::span<const std::uint8_t> deflated) {
    Bytes plain(plain_header_size + LatencyHistogram::class_count() * varint_size_max);
    uLongf size = plain.size();
    if (uncompress(plain.data(), &size, deflated.data(), deflated.size()) != Z_OK) {
        return std::nullopt;
    }
    plain.resize(size);
    return plain;
}

}  // namespace

std::string histogram_log_header(WallTime start) {
    const std::uint64_t milliseconds = start.nanoseconds / nanoseconds_per_millisecond;
    const std::string seconds = fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    return fmt::format(
        "#[Histogram log format version 1.3]\n"
        "#[BaseTime: {0} (seconds since epoch)]\n"
        "#[StartTime: {0} (seconds since epoch)]\n"
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_"
        "Histogram\"\n",
        seconds);
}

std::string histogram_log_line(const HistogramInterval& interval,
                               const LatencyHistogram& histogram) {
    ELYTRA_ASSERT(interval.tag.find_first_of(", \n") == std::string_view::npos);
    return fmt::format("Tag={},{}.{:03},{}.{:03},{}.{:03},{}\n", interval.tag,
                       interval.start_milliseconds / 1000, interval.start_milliseconds % 1000,
                       interval.length_milliseconds / 1000, interval.length_milliseconds % 1000,
                       histogram.max() / 1000, histogram.max() % 1000, encode_histogram(histogram));
}

std::string encode_histogram(const LatencyHistogram& histogram) {
    const Bytes deflated = deflate(plain_form(histogram));
    Bytes bytes;
    bytes.reserve(deflated_header_size + deflated.size());
    append_big_endian(bytes, cookie_deflated);
    append_big_endian(bytes, narrow<std::uint32_t>(deflated.size()));
    bytes.insert(bytes.end(), deflated.begin(), deflated.end());
    return encode_base64(bytes);
}

std::optional<LatencyHistogram> decode_histogram(std::string_view encoded) {
    const std::optional<Bytes> bytes = decode_base64(encoded);
    if (!bytes.has_value() || bytes->size() < deflated_header_size) return std::nullopt;
    const std::span<const std::uint8_t> deflated = std::span(*bytes).subspan(deflated_header_size);
    if (read_big_endian32(bytes->data()) != cookie_deflated) return std::nullopt;
    if (read_big_endian32(bytes->data() + 4) != deflated.size()) return std::nullopt;
    const std::optional<Bytes> plain = inflate(deflated);
    if (!plain.has_value() || !plain_header_ours(*plain)) return std::nullopt;
    LatencyHistogram histogram;
    if (!read_counts(*plain, histogram)) return std::nullopt;
    return histogram;
}

}  // namespace elytra::bench
