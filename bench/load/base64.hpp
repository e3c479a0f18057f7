#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elytra::bench {

// Base64 with the standard alphabet and padding (RFC 4648, section 4).
std::string encode_base64(std::span<const std::uint8_t> bytes);

// None for a wrong length, a character outside the alphabet, or misplaced padding.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);

}  // namespace elytra::bench
