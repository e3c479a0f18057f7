#include "orchestrator/spec/keys.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/document.hpp"
#include "orchestrator/spec/metrics.hpp"
#include "orchestrator/spec/units.hpp"
#include "server/common/assert.hpp"

namespace elytractl::spec {
namespace {

using elytra::Result;

constexpr std::size_t name_size_max = 64;

bool is_index(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
}

// "/thresholds/0/max" is named by "/thresholds/*/max".
bool names(std::string_view pattern, std::string_view pointer) {
    while (!pattern.empty() && !pointer.empty()) {
        const std::size_t pattern_end = std::min(pattern.find('/', 1), pattern.size());
        const std::size_t pointer_end = std::min(pointer.find('/', 1), pointer.size());
        const std::string_view wanted = pattern.substr(0, pattern_end);
        const std::string_view found = pointer.substr(0, pointer_end);
        const bool item = wanted == "/*" && is_index(found.substr(1));
        if (!item && wanted != found) return false;
        pattern.remove_prefix(pattern_end);
        pointer.remove_prefix(pointer_end);
    }
    return pattern.empty() && pointer.empty();
}

bool is_name(std::string_view text) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !text.empty() && text.size() <= name_size_max && text.front() != '.' &&
           text.front() != '-' && text.find_first_not_of(allowed) == text.npos;
}

std::string bound_text(const Key& key, double bound) {
    switch (key.kind) {
        case ValueKind::duration:
            return duration_text(static_cast<std::uint64_t>(bound));
        case ValueKind::rate:
        case ValueKind::rate_or_auto:
            return rate_text(bound);
        case ValueKind::fraction:
            return percentage_text(bound);
        default:
            return fmt::format("{}", bound);
    }
}

std::string bounds_text(const Key& key) {
    if (key.minimum == 0 && key.maximum == 0) return {};
    constexpr double whole_max = 18446744073709551615.0;
    if (key.maximum == whole_max) return " from 0 to 2^64-1";
    return fmt::format(" from {} to {}", bound_text(key, key.minimum),
                       bound_text(key, key.maximum));
}

// The number that bounds apply to, or what is wrong with the text.
template <class Parse>
Result<double, std::string> number_of(const Json& value, Parse parse) {
    if (value.is_number()) return value.get<double>();
    if (!value.is_string()) return elytra::Unexpected(std::string());
    const auto parsed = parse(value.get<std::string>());
    if (!parsed.has_value()) return elytra::Unexpected(parsed.error());
    return static_cast<double>(*parsed);
}

std::optional<std::string> broken_bounds(const Key& key,
                                         const Result<double, std::string>& number) {
    const std::string wanted = fmt::format("must be a {}", kind_text(key));
    if (!number.has_value()) {
        return number.error().empty() ? wanted : fmt::format("{}; {}", wanted, number.error());
    }
    const bool inside = *number >= key.minimum && *number <= key.maximum;
    return inside ? std::nullopt : std::optional(wanted);
}

// A command begins at once, and is one line.
bool is_driver(std::string_view text) {
    if (text == driver_builtin) return true;
    if (!text.starts_with(driver_exec)) return false;
    text.remove_prefix(driver_exec.size());
    const auto is_control = [](char c) { return c >= 0 && c < ' '; };
    return !text.empty() && text.front() != ' ' && std::ranges::none_of(text, is_control);
}

std::optional<std::string> broken_text(const Key& key, const Json& value) {
    const std::string wanted = fmt::format("must be a {}", kind_text(key));
    if (!value.is_string()) return wanted;
    const auto& text = value.get_ref<const std::string&>();
    switch (key.kind) {
        case ValueKind::name:
            return is_name(text) ? std::nullopt : std::optional(wanted);
        case ValueKind::choice:
            return std::ranges::find(key.choices, text) != key.choices.end()
                       ? std::nullopt
                       : std::optional(fmt::format("must be {}", kind_text(key)));
        case ValueKind::driver:
            return is_driver(text) ? std::nullopt
                                   : std::optional(fmt::format("must be {}", kind_text(key)));
        case ValueKind::metric:
            return metric_unit(text).has_value() ? std::nullopt
                                                 : std::optional(std::string("is not a metric"));
        default:
            return text.empty() ? std::optional(wanted) : std::nullopt;
    }
}

std::optional<std::string> broken_quantity(const Json& value) {
    constexpr std::string_view wanted =
        "must be a number, or a text such as \"40ms\", \"100k/s\", \"2GiB\" or \"0.1%\"";
    if (value.is_number()) return std::nullopt;
    if (!value.is_string()) return std::string(wanted);
    for (const MetricUnit unit : {MetricUnit::events_per_second, MetricUnit::microseconds,
                                  MetricUnit::fraction, MetricUnit::bytes}) {
        if (parse_quantity(unit, value).has_value()) return std::nullopt;
    }
    return std::string(wanted);
}

std::optional<std::string> broken_list(const Key& key, const Json& value) {
    if (!value.is_array()) return fmt::format("must be a {}", kind_text(key));
    const auto size = static_cast<double>(value.size());
    if (size >= key.minimum && size <= key.maximum) return std::nullopt;
    return fmt::format("must have {} to {} items", key.minimum, key.maximum);
}

std::optional<std::string> broken_number(const Key& key, const Json& value) {
    switch (key.kind) {
        case ValueKind::duration:
            if (!value.is_string()) return fmt::format("must be a {}", kind_text(key));
            return broken_bounds(key, number_of(value, parse_duration));
        case ValueKind::rate:
            return broken_bounds(key, number_of(value, parse_rate));
        case ValueKind::rate_or_auto:
            if (value == rate_auto) return std::nullopt;
            return broken_bounds(key, number_of(value, parse_rate));
        case ValueKind::fraction:
            return broken_bounds(key, number_of(value, parse_percentage));
        case ValueKind::whole:
            if (!value.is_number_unsigned()) return fmt::format("must be a {}", kind_text(key));
            return broken_bounds(key, value.get<double>());
        default:
            if (!value.is_number()) return fmt::format("must be a {}", kind_text(key));
            return broken_bounds(key, value.get<double>());
    }
}

}  // namespace

bool is_leaf(const Key& key) {
    return key.kind != ValueKind::object && key.pointer.find('*') == key.pointer.npos;
}

const Key* find_key(std::string_view pointer) {
    for (const Key& key : keys()) {
        if (names(key.pointer, pointer)) return &key;
    }
    return nullptr;
}

std::vector<std::string_view> member_names(const Key& object) {
    std::vector<std::string_view> members;
    for (const Key& key : keys()) {
        const std::size_t slash = key.pointer.rfind('/');
        if (slash == key.pointer.npos || key.pointer.substr(0, slash) != object.pointer) continue;
        members.push_back(key.pointer.substr(slash + 1));
    }
    return members;
}

std::optional<std::string> broken_rule(const Key& key, const Json& value) {
    switch (key.kind) {
        case ValueKind::object:
        case ValueKind::start_flags:
        case ValueKind::matrix:
            return value.is_object() ? std::nullopt
                                     : std::optional<std::string>("must be an object");
        case ValueKind::list:
            return broken_list(key, value);
        case ValueKind::boolean:
            return value.is_boolean() ? std::nullopt
                                      : std::optional<std::string>("must be true or false");
        case ValueKind::text:
        case ValueKind::name:
        case ValueKind::choice:
        case ValueKind::driver:
        case ValueKind::metric:
            return broken_text(key, value);
        case ValueKind::quantity:
            return broken_quantity(value);
        case ValueKind::whole:
        case ValueKind::number:
        case ValueKind::fraction:
        case ValueKind::duration:
        case ValueKind::rate:
        case ValueKind::rate_or_auto:
            return broken_number(key, value);
    }
    ELYTRA_ASSERT(false);
}

Json value_of_text(const Key& key, std::string_view text) {
    if (text == "null") return nullptr;
    switch (key.kind) {
        case ValueKind::text:
        case ValueKind::name:
        case ValueKind::choice:
        case ValueKind::driver:
        case ValueKind::metric:
            return text;
        default:
            break;
    }
    return value_of_text(text);
}

Json value_of_text(std::string_view text) {
    const auto document = read_document(text, {});
    return document.has_value() ? document->value : Json(text);
}

std::string variable_name(const Key& key) {
    if (key.pointer.empty() || key.pointer.find('*') != key.pointer.npos) return {};
    if (key.pointer == "/$schema" || key.pointer == "/kind") return {};
    std::string variable = "ELYTRACTL";
    for (const char c : key.pointer) {
        const bool letter = c >= 'a' && c <= 'z';
        variable += c == '/' ? '_' : letter ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return variable;
}

std::string kind_text(const Key& key) {
    switch (key.kind) {
        case ValueKind::object:
        case ValueKind::start_flags:
        case ValueKind::matrix:
            return "object";
        case ValueKind::list:
            return "list";
        case ValueKind::text:
            return "text";
        case ValueKind::name:
            return fmt::format("name of letters, digits, '.', '_' and '-', at most {}",
                               name_size_max);
        case ValueKind::choice:
            if (key.choices.size() == 1) return fmt::format("\"{}\"", key.choices.front());
            return fmt::format("one of {}", fmt::join(key.choices, ", "));
        case ValueKind::driver:
            return fmt::format("\"{}\", or \"{}\" and a command for the shell", driver_builtin,
                               driver_exec);
        case ValueKind::whole:
            return "whole number" + bounds_text(key);
        case ValueKind::number:
            return "number" + bounds_text(key);
        case ValueKind::boolean:
            return "true or false";
        case ValueKind::fraction:
            return "percentage such as \"0.5%\", or a fraction," + bounds_text(key);
        case ValueKind::duration:
            return "duration such as \"250ms\"" + bounds_text(key);
        case ValueKind::rate:
            return "rate such as \"150k/s\"" + bounds_text(key);
        case ValueKind::rate_or_auto:
            return "rate such as \"150k/s\"" + bounds_text(key) + ", or \"auto\"";
        case ValueKind::metric:
            return "name of a metric";
        case ValueKind::quantity:
            return "number, or text with a unit";
    }
    ELYTRA_ASSERT(false);
}

}  // namespace elytractl::spec
