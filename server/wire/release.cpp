#include "server/wire/release.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace elytra::wire {

namespace {

// A whole text as one decimal number.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Release> parse_release(std::string_view text) {
    const std::size_t dot_first = text.find('.');
    const std::size_t dot_last = text.rfind('.');
    if (dot_first == std::string_view::npos || dot_first == dot_last) return std::nullopt;
    const auto major = parse_number<std::uint16_t>(text.substr(0, dot_first));
    const auto minor =
        parse_number<std::uint8_t>(text.substr(dot_first + 1, dot_last - dot_first - 1));
    const auto patch = parse_number<std::uint8_t>(text.substr(dot_last + 1));
    if (!major || !minor || !patch) return std::nullopt;
    return make_release(*major, *minor, *patch);
}

std::string to_text(Release release) {
    return std::to_string(release.value >> 16) + '.' + std::to_string(release.value >> 8 & 0xff) +
           '.' + std::to_string(release.value & 0xff);
}

}  // namespace elytra::wire
