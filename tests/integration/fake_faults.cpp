#include "tests/integration/fake_faults.hpp"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "server/common/time.hpp"

namespace elytra::test {
namespace {

constexpr std::pair<std::string_view, bool Faults::*> switches[] = {
    {"format-fails", &Faults::format_fails},
    {"die-at-start", &Faults::die_at_start},
    {"port-taken", &Faults::port_taken},
    {"no-port", &Faults::no_port},
    {"garbage-port", &Faults::garbage_port},
    {"flood-stderr", &Faults::flood_stderr},
    {"hang-on-stop", &Faults::hang_on_stop},
    {"ignore-sigterm", &Faults::ignore_sigterm},
    {"spawn-grandchild", &Faults::spawn_grandchild},
    {"disk-full", &Faults::disk_full},
};

struct Number {
    std::string_view name;
    std::string_view unit;
    std::uint64_t Faults::*field;
};

constexpr Number numbers[] = {
    {"die-after", "", &Faults::die_after},   {"kill-after", "", &Faults::kill_after},
    {"wrong-code", "", &Faults::wrong_code}, {"lose", "", &Faults::lose},
    {"double", "", &Faults::duplicate},      {"slow", "%", &Faults::slow_percent},
};

// A positive number with exactly this unit behind it.
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view unit) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || number == 0) return std::nullopt;
    if (std::string_view(rest, static_cast<std::size_t>(end - rest)) != unit) return std::nullopt;
    return number;
}

// "2s" or "200ms".
std::optional<std::uint64_t> nanoseconds_of(std::string_view text) {
    if (const auto milliseconds = number_of(text, "ms")) {
        return *milliseconds * nanoseconds_per_millisecond;
    }
    const auto seconds = number_of(text, "s");
    return seconds ? std::optional(*seconds * nanoseconds_per_second) : std::nullopt;
}

// "2s/10s": how long, and how often.
bool set_stall(Faults& faults, std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return false;
    const auto length = nanoseconds_of(text.substr(0, slash));
    const auto period = nanoseconds_of(text.substr(slash + 1));
    if (!length || !period || *length >= *period) return false;
    faults.stall_nanoseconds = *length;
    faults.stall_period_nanoseconds = *period;
    return true;
}

bool set_fault(Faults& faults, std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    if (name == "stall") return set_stall(faults, value);
    for (const auto& [known, field] : switches) {
        if (text == known) return faults.*field = true;
    }
    for (const Number& number : numbers) {
        if (name != number.name) continue;
        const auto given = number_of(value, number.unit);
        faults.*number.field = given.value_or(0);
        return given.has_value();
    }
    return false;
}

}  // namespace

Result<Faults, std::string> parse_faults(std::string_view text) {
    Faults faults;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view fault = text.substr(0, comma);
        if (!set_fault(faults, fault)) return Unexpected(std::string(fault));
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return faults;
}

}  // namespace elytra::test
