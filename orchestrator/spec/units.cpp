#include "orchestrator/spec/units.hpp"

#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "server/common/int.hpp"
#include "server/common/time.hpp"

namespace elytractl::spec {
namespace {

using elytra::u128;
using elytra::Unexpected;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 6> duration_units{{{"ns", 1},
                                              {"us", 1'000},
                                              {"ms", 1'000'000},
                                              {"s", 1'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 5> size_units{
    {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};
constexpr std::array<Unit, 3> rate_units{{{"/s", 1}, {"k/s", 1'000}, {"M/s", 1'000'000}}};
// In millionths, so that the decimals of a percentage survive.
constexpr std::array<Unit, 1> percentage_units{{{"%", 10'000'000}}};
constexpr double percentage_scale = 1e9;

constexpr std::size_t digits_max = 18;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A decimal number without its unit: digits × 10^-decimals.
struct Decimal {
    std::uint64_t digits = 0;
    std::uint64_t scale = 1;  // 10^decimals
    std::string_view unit;    // what follows
};

std::optional<Decimal> read_decimal(std::string_view text) {
    Decimal decimal;
    std::size_t at = 0;
    std::size_t count = 0;
    bool behind_point = false;
    for (; at < text.size() && (is_digit(text[at]) || text[at] == '.'); ++at) {
        if (text[at] == '.') {
            const bool between = at > 0 && at + 1 < text.size() && is_digit(text[at + 1]);
            if (behind_point || !between) return std::nullopt;
            behind_point = true;
            continue;
        }
        if (++count > digits_max) return std::nullopt;
        decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
        if (behind_point) decimal.scale *= 10;
    }
    if (count == 0) return std::nullopt;
    decimal.unit = text.substr(at);
    return decimal;
}

std::string names_of(std::span<const Unit> units) {
    std::string names;
    for (const Unit& unit : units) {
        if (!names.empty()) names += &unit == &units.back() ? " or " : ", ";
        names += unit.name;
    }
    return names;
}

elytra::Result<std::uint64_t, std::string> parse(std::string_view text, std::span<const Unit> units,
                                                 std::string_view example) {
    const std::optional<Decimal> decimal = read_decimal(text);
    if (!decimal.has_value()) return Unexpected(fmt::format("write for example {}", example));
    for (const Unit& unit : units) {
        if (unit.name != decimal->unit) continue;
        const u128 scaled = static_cast<u128>(decimal->digits) * unit.factor;
        if (scaled % decimal->scale != 0) {
            return Unexpected(fmt::format("has too many decimals for {}", unit.name));
        }
        const u128 value = scaled / decimal->scale;
        if (value > UINT64_MAX) return Unexpected(std::string("is too large"));
        return static_cast<std::uint64_t>(value);
    }
    const std::string found =
        decimal->unit.empty() ? "has no unit" : fmt::format("\"{}\" is not a unit", decimal->unit);
    return Unexpected(fmt::format("{}; write {}, for example {}", found, names_of(units), example));
}

// At most three decimals and no zeros at their end.
std::string short_number(double value) {
    std::string text = fmt::format("{:.3f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

}  // namespace

elytra::Result<std::uint64_t, std::string> parse_duration(std::string_view text) {
    return parse(text, duration_units, "250ms, 30s or 5m");
}

elytra::Result<std::uint64_t, std::string> parse_size(std::string_view text) {
    return parse(text, size_units, "256MiB");
}

elytra::Result<std::uint64_t, std::string> parse_rate(std::string_view text) {
    return parse(text, rate_units, "150k/s");
}

elytra::Result<double, std::string> parse_percentage(std::string_view text) {
    const auto value = parse(text, percentage_units, "0.5%");
    if (!value.has_value()) return Unexpected(value.error());
    return static_cast<double>(*value) / percentage_scale;
}

std::string duration_text(std::uint64_t nanoseconds) {
    const Unit* best = &duration_units.front();
    for (const Unit& unit : duration_units) {
        const std::uint64_t step =
            unit.factor < 1000 || unit.factor > elytra::nanoseconds_per_second ? unit.factor
                                                                               : unit.factor / 1000;
        const bool exact = nanoseconds % step == 0;
        if (nanoseconds >= unit.factor && exact) best = &unit;
    }
    return short_number(static_cast<double>(nanoseconds) / static_cast<double>(best->factor)) +
           std::string(best->name);
}

std::string rate_text(double events_per_second) {
    const Unit* best = &rate_units.front();
    for (const Unit& unit : rate_units) {
        if (events_per_second >= static_cast<double>(unit.factor)) best = &unit;
    }
    return short_number(events_per_second / static_cast<double>(best->factor)) +
           std::string(best->name);
}

std::string percentage_text(double fraction) { return short_number(fraction * 100) + "%"; }

}  // namespace elytractl::spec
