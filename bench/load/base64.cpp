#include "bench/load/base64.hpp"

#include <algorithm>
#include <cstddef>

namespace elytra::bench {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string_view without_padding(std::string_view text) {
    for (int removed = 0; removed < 2 && text.ends_with('='); ++removed) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string encode_base64(std::span<const std::uint8_t> bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        const std::size_t taken = std::min<std::size_t>(bytes.size(), 3);
        std::uint32_t group = 0;
        for (std::size_t index = 0; index < 3; ++index) {
            group = group << 8 | (index < taken ? bytes[index] : 0U);
        }
        for (std::size_t index = 0; index < 4; ++index) {
            const std::uint32_t digit = group >> (18 - 6 * index) & 0x3f;
            text.push_back(index <= taken ? alphabet[digit] : '=');
        }
        bytes = bytes.subspan(taken);
    }
    return text;
}

std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const std::string_view digits = without_padding(text);
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    std::uint32_t bits = 0;
    for (const char character : digits) {
        const std::size_t digit = alphabet.find(character);
        if (digit == std::string_view::npos) return std::nullopt;
        group = group << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::uint8_t>(group >> bits));
        group &= (1U << bits) - 1;
    }
    return bytes;
}

}  // namespace elytra::bench
