#include "orchestrator/spec/effective.hpp"

#include <algorithm>

#include "orchestrator/spec/keys.hpp"
#include "orchestrator/spec/units.hpp"
#include "server/common/assert.hpp"

namespace elytractl::spec {

Json Effective::value(std::string_view pointer) const {
    if (const Json* const said = find(document_.value, pointer); said != nullptr) return *said;
    const Key* const key = find_key(pointer);
    ELYTRA_ASSERT(key != nullptr);
    return key->default_text.empty() ? Json() : Json::parse(key->default_text);
}

std::string Effective::text(std::string_view pointer) const {
    return value(pointer).get<std::string>();
}

bool Effective::boolean(std::string_view pointer) const { return value(pointer).get<bool>(); }

std::uint64_t Effective::whole(std::string_view pointer) const {
    return value(pointer).get<std::uint64_t>();
}

std::uint32_t Effective::small(std::string_view pointer) const {
    const std::uint64_t number = whole(pointer);
    ELYTRA_ASSERT(number <= UINT32_MAX);
    return static_cast<std::uint32_t>(number);
}

std::uint64_t Effective::nanoseconds(std::string_view pointer) const {
    return nanoseconds_of(value(pointer));
}

double Effective::fraction(std::string_view pointer) const { return fraction_of(value(pointer)); }

std::uint8_t Effective::choice_index(std::string_view pointer) const {
    const Key* const key = find_key(pointer);
    ELYTRA_ASSERT(key != nullptr);
    const auto found = std::ranges::find(key->choices, text(pointer));
    ELYTRA_ASSERT(found != key->choices.end());
    return static_cast<std::uint8_t>(found - key->choices.begin());
}

double fraction_of(const Json& value) {
    return value.is_number() ? value.get<double>() : *parse_percentage(value.get<std::string>());
}

std::uint64_t rate_of(const Json& value) {
    if (value.is_string()) return *parse_rate(value.get<std::string>());
    return static_cast<std::uint64_t>(value.get<double>() + 0.5);
}

std::uint64_t nanoseconds_of(const Json& value) {
    return *parse_duration(value.get<std::string>());
}

}  // namespace elytractl::spec
