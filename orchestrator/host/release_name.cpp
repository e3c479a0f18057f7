#include "orchestrator/host/release_name.hpp"

#include <algorithm>

namespace elytractl::host {
namespace {

// Of ASCII, whatever the locale says.
bool is_alphanumeric(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9');
}

}  // namespace

bool release_name_valid(std::string_view name) {
    if (name.empty() || name.size() > release_name_size_max) return false;
    if (!is_alphanumeric(name.front())) return false;
    return std::ranges::all_of(name, [](char letter) {
        return is_alphanumeric(letter) ||
               std::string_view("._+-").find(letter) != std::string::npos;
    });
}

std::optional<NamedPath> parse_named_path(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals + 1 == text.size()) return std::nullopt;
    const std::string_view name = text.substr(0, equals);
    if (!release_name_valid(name)) return std::nullopt;
    return NamedPath{.name = std::string(name), .path = std::string(text.substr(equals + 1))};
}

}  // namespace elytractl::host
