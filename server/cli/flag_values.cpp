#include "server/cli/flag_values.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "server/common/text.hpp"

namespace elytra::cli {
namespace {

struct SizeUnit {
    std::string_view name;
    unsigned shift;
};

constexpr std::array<SizeUnit, 4> size_units = {
    {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};

struct DurationUnit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

constexpr std::array<DurationUnit, 7> duration_units = {{{"d", 86'400'000'000'000},
                                                         {"h", 3'600'000'000'000},
                                                         {"m", 60'000'000'000},
                                                         {"s", 1'000'000'000},
                                                         {"ms", 1'000'000},
                                                         {"us", 1'000},
                                                         {"ns", 1}}};

constexpr u128 duration_limit = static_cast<u128>(1000) * 86'400'000'000'000;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

// How many leading characters of `text` are digits or separators.
std::size_t digits_length(std::string_view text, bool separators) {
    const auto end = std::ranges::find_if(
        text, [separators](char c) { return !is_digit(c) && !(separators && c == '_'); });
    return static_cast<std::size_t>(end - text.begin());
}

enum class DigitsError { empty, not_a_digit, separator, leading_zero, overflow };

Result<u128, DigitsError> parse_digits(std::string_view text) {
    if (text.empty()) return Unexpected(DigitsError::empty);
    if (digits_length(text, true) != text.size()) return Unexpected(DigitsError::not_a_digit);
    if (text.front() == '_' || text.back() == '_' || text.find("__") != text.npos) {
        return Unexpected(DigitsError::separator);
    }
    if (text.size() > 1 && text.front() == '0') return Unexpected(DigitsError::leading_zero);
    u128 value = 0;
    for (const char c : text) {
        if (c == '_') continue;
        const auto digit = static_cast<unsigned>(c - '0');
        if (value > (u128_max - digit) / 10) return Unexpected(DigitsError::overflow);
        value = value * 10 + digit;
    }
    return value;
}

std::string_view describe(DigitsError error) {
    switch (error) {
        case DigitsError::empty:
            return "digits are missing";
        case DigitsError::not_a_digit:
            return "only decimal digits are allowed";
        case DigitsError::separator:
            return "'_' belongs between two digits";
        case DigitsError::leading_zero:
            return "decimal only, without leading zeros";
        case DigitsError::overflow:
            return "the number is too large";
    }
    ELYTRA_ASSERT(false);
}

std::string describe(IntegerRange range) {
    const std::string multiple =
        range.multiple == 1 ? ""
                            : fmt::format(" that is a multiple of {}", to_decimal(range.multiple));
    return fmt::format("an integer from {} to {}{}", to_decimal(range.min),
                       range.max == u128_max ? "2^128-1" : to_decimal(range.max), multiple);
}

bool contains(IntegerRange range, u128 value) {
    return value >= range.min && value <= range.max && value % range.multiple == 0;
}

// The shift of a unit, nullopt for an unknown one.
std::optional<unsigned> find_size_shift(std::string_view unit) {
    if (unit.empty() || equal_ignoring_case(unit, "bytes")) return 0U;
    for (const SizeUnit& known : size_units) {
        if (equal_ignoring_case(unit, known.name)) return known.shift;
    }
    return std::nullopt;
}

std::string describe_unknown_unit(std::string_view digits, std::string_view unit) {
    if (unit.starts_with('.')) return "whole numbers only; use the next smaller unit";
    for (const SizeUnit& known : size_units) {
        if (to_lower(unit.front()) != to_lower(known.name.front())) continue;
        return fmt::format("'{}' is not a unit; did you mean {}{}?", unit, digits, known.name);
    }
    return fmt::format("'{}' is not a unit; use KiB, MiB, GiB, TiB or none for bytes", unit);
}

// "1114624KiB (1.06GiB)": the exact bound, and where that is not readable the size in GiB as well.
std::string describe_bound(std::uint64_t size) {
    constexpr std::uint64_t gibibyte = 1ULL << 30;
    if (size < gibibyte || size % gibibyte == 0) return format_size(size);
    const std::uint64_t hundredths = (size % gibibyte) * 100 / gibibyte;
    return fmt::format("{} ({}.{:02}GiB)", format_size(size), size / gibibyte, hundredths);
}

Result<void, std::string> check_size(std::uint64_t size, SizeRange range) {
    if (size < range.min) {
        return Unexpected(fmt::format("must be at least {}", describe_bound(range.min)));
    }
    if (size > range.max) {
        return Unexpected(fmt::format("must be at most {}", describe_bound(range.max)));
    }
    if (size % range.multiple == 0) return {};
    const std::uint64_t lower = round_down(size, range.multiple);
    if (range.max - lower < range.multiple) {
        return Unexpected(fmt::format("must be a multiple of {}; the nearest is {}",
                                      format_size(range.multiple), lower));
    }
    return Unexpected(fmt::format("must be a multiple of {}; the nearest are {} and {}",
                                  format_size(range.multiple), lower, lower + range.multiple));
}

// Cuts one "90m" off the front of `text` and returns it in nanoseconds.
Result<u128, std::string> take_duration_component(std::string_view& text) {
    const std::size_t digits = digits_length(text, false);
    const Result<u128, DigitsError> value = parse_digits(text.substr(0, digits));
    if (!value.has_value()) {
        if (value.error() == DigitsError::empty) {
            return Unexpected(
                fmt::format("a number is missing before '{}'; write for example 500ms", text));
        }
        return Unexpected(std::string(describe(value.error())));
    }
    text.remove_prefix(digits);
    const auto unit_end = std::ranges::find_if(text, is_digit);
    const std::string_view unit = text.substr(0, static_cast<std::size_t>(unit_end - text.begin()));
    if (unit.empty())
        return Unexpected(std::string("the unit is missing; write for example 500ms"));
    const auto known = std::ranges::find(duration_units, unit, &DurationUnit::name);
    if (known == duration_units.end()) {
        return Unexpected(fmt::format("'{}' is not a unit; use d, h, m, s, ms, us or ns", unit));
    }
    text.remove_prefix(unit.size());
    if (*value >= duration_limit) return duration_limit;
    return *value * known->nanoseconds;
}

}  // namespace

Result<u128, std::string> parse_integer(std::string_view text, IntegerRange range) {
    const Result<u128, DigitsError> value = parse_digits(text);
    if (value.has_value() && contains(range, *value)) return *value;
    if (value.has_value() || value.error() == DigitsError::overflow) {
        return Unexpected(fmt::format("out of range; expected {}", describe(range)));
    }
    // Says what is wrong with 0x10 better than a complaint about the letter.
    const DigitsError reason =
        text.size() > 1 && text.front() == '0' ? DigitsError::leading_zero : value.error();
    return Unexpected(fmt::format("{}; expected {}", describe(reason), describe(range)));
}

Result<std::uint64_t, std::string> parse_size(std::string_view text, SizeRange range) {
    const std::size_t digits = digits_length(text, true);
    const std::string_view unit = text.substr(digits);
    const Result<u128, DigitsError> count = parse_digits(text.substr(0, digits));
    if (!count.has_value() && count.error() != DigitsError::overflow) {
        if (digits > 0) return Unexpected(std::string(describe(count.error())));
        return Unexpected(std::string("expected a size such as 512KiB, 1GiB or 4096"));
    }
    const std::optional<unsigned> shift = find_size_shift(unit);
    if (!shift.has_value()) return Unexpected(describe_unknown_unit(text.substr(0, digits), unit));
    constexpr u128 size_max = std::numeric_limits<std::uint64_t>::max();
    if (!count.has_value() || *count > size_max >> *shift) {
        return Unexpected(std::string("more than 16 EiB, the largest size there is"));
    }
    const auto size = narrow<std::uint64_t>(*count << *shift);
    if (const Result<void, std::string> checked = check_size(size, range); !checked) {
        return Unexpected(checked.error());
    }
    return size;
}

Result<std::chrono::nanoseconds, std::string> parse_duration(std::string_view text) {
    u128 total = 0;
    do {
        const Result<u128, std::string> component = take_duration_component(text);
        if (!component.has_value()) return Unexpected(component.error());
        if (*component >= duration_limit - total) {
            return Unexpected(std::string("too long; must be below 1000d"));
        }
        total += *component;
    } while (!text.empty());
    return std::chrono::nanoseconds(narrow<std::int64_t>(total));
}

Result<Ratio, std::string> parse_ratio(std::string_view text) {
    if (text == "0") return Ratio{};
    constexpr IntegerRange part_range = {.max = std::numeric_limits<std::uint64_t>::max()};
    const std::size_t slash = text.find('/');
    if (slash == text.npos) return Unexpected(std::string("expected a ratio such as 1/100, or 0"));
    const auto numerator = parse_integer(text.substr(0, slash), part_range);
    if (!numerator.has_value()) return Unexpected("before '/': " + numerator.error());
    const auto denominator = parse_integer(text.substr(slash + 1), part_range);
    if (!denominator.has_value()) return Unexpected("behind '/': " + denominator.error());
    if (*denominator == 0) return Unexpected(std::string("the number behind '/' must not be 0"));
    if (*numerator > *denominator) return Unexpected(std::string("must not be greater than 1"));
    return Ratio{narrow<std::uint64_t>(*numerator), narrow<std::uint64_t>(*denominator)};
}

Result<bool, std::string> parse_switch(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return Unexpected(std::string("expected true or false"));
}

Result<std::size_t, std::string> parse_choice(std::string_view text,
                                              std::span<const std::string_view> names) {
    const auto found = std::ranges::find(names, text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    return Unexpected(fmt::format("expected one of {}", fmt::join(names, ", ")));
}

std::string format_size(std::uint64_t size) {
    for (auto unit = size_units.rbegin(); unit != size_units.rend(); ++unit) {
        if (size >> unit->shift > 0 && size % (1ULL << unit->shift) == 0) {
            return fmt::format("{}{}", size >> unit->shift, unit->name);
        }
    }
    return fmt::format("{} bytes", size);
}

}  // namespace elytra::cli
