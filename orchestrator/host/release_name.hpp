#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace elytractl::host {

inline constexpr std::size_t release_name_size_max = 64;

// What a release may be called: letters, digits and . _ + - after a letter or digit at the start.
// Such a name is the same in a shell, a path and a JSON key.
bool release_name_valid(std::string_view name);

// "0.2.3=build/elytra" as it stands on a command line.
struct NamedPath {
    std::string name;
    std::string path;
};

// Nothing unless both halves are there and the name is valid.
std::optional<NamedPath> parse_named_path(std::string_view text);

}  // namespace elytractl::host
