#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/common/strong.hpp"

namespace elytra::wire {

// A version of the client protocol, packed so that plain comparison orders versions:
// major (16 bits), minor (8), patch (8).
using Release = Strong<struct ReleaseTag, std::uint32_t>;

constexpr Release make_release(std::uint16_t major, std::uint8_t minor, std::uint8_t patch) {
    return Release{std::uint32_t{major} << 16 | std::uint32_t{minor} << 8 | patch};
}

inline constexpr Release release_server = make_release(0, 17, 9);
inline constexpr Release release_client_min = make_release(0, 16, 4);

// From "0.17.9": three decimal numbers within their bits and nothing else.
std::optional<Release> parse_release(std::string_view text);

std::string to_text(Release release);

}  // namespace elytra::wire
