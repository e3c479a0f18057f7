#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

// Names of enumerators, taken from the enum itself by the compiler, so that there is no second list
// that could disagree with it.
namespace elytra::wire {

template <class Enum>
struct NamedValue {
    Enum value;
    std::string_view name;
};

// The enumerator with this value as it is written in the source; empty when there is none.
template <auto value>
constexpr std::string_view enumerator_name() {
    // g++: "... [with auto value = elytra::wire::Status::exists; ...]"
    // clang: "... [value = elytra::wire::Status::exists]"; a number in parentheses when there is
    // none.
    const std::string_view function = __PRETTY_FUNCTION__;
    const std::size_t begin = function.find("value = ") + 8;
    const std::string_view written =
        function.substr(begin, function.find_first_of(";]", begin) - begin);
    if (written.find('(') != std::string_view::npos) return {};
    return written.substr(written.rfind(':') + 1);
}

// All enumerators with values in [0, last], ascending, and then `extra`.
template <class Enum, std::size_t count, std::uint32_t last, Enum... extra>
constexpr std::array<NamedValue<Enum>, count> enumerators() {
    std::array<NamedValue<Enum>, count> found{};
    std::size_t size = 0;
    const auto add = [&](Enum value, std::string_view name) {
        if (!name.empty()) found.at(size++) = {value, name};
    };
    [&]<std::uint32_t... values>(std::integer_sequence<std::uint32_t, values...>) {
        (add(static_cast<Enum>(values), enumerator_name<static_cast<Enum>(values)>()), ...);
    }
    (std::make_integer_sequence<std::uint32_t, last + 1>{});
    (add(extra, enumerator_name<extra>()), ...);
    return found;
}

template <class Enum, std::size_t count>
constexpr std::string_view find_name(const std::array<NamedValue<Enum>, count>& list, Enum value) {
    for (const NamedValue<Enum>& named : list) {
        if (named.value == value) return named.name;
    }
    return {};
}

}  // namespace elytra::wire
