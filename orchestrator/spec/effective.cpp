#include "orchestrator/spec/effective.hpp"

#include <algorithm>
#include <cmath>

#include "orchestrator/spec/keys.hpp"
#include "orchestrator/spec/units.hpp"
#include "server/common/assert.hpp"

namespace elytractl::spec {

Json Effective::value(std::string_view pointer) const {
    if (const Json* const said = find(document_.value, pointer); said != nullptr) return *said;
    const Key* const key = find_key(pointer);
    ELYTRA_ASSERT(key != nullptr);
    return key->default_text.empty() ? derived(pointer) : Json::parse(key->default_text);
}

Json Effective::derived(std::string_view pointer) const {
    if (pointer == "/load/arrival/model") {
        const bool scheduled = says("/load/arrival/rate") || says("/load/arrival/shape");
        return scheduled ? "open" : "closed";
    }
    if (pointer == "/load/mix/plain") {
        double rest = 1;
        for (const std::string_view other : {"linked", "two_phase", "failing", "query"}) {
            rest -= fraction(child_pointer("/load/mix", other));
        }
        return percentage_text(std::max(rest, 0.0));
    }
    return nullptr;
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

std::string identity_text(const Effective& values) {
    // The other kind of object, which sorts its keys.
    nlohmann::json identity = nlohmann::json::parse(values.document().value.dump());
    for (const Key& key : keys()) {
        if (!is_leaf(key)) continue;
        const nlohmann::json value = nlohmann::json::parse(values.value(key.pointer).dump());
        if (!value.is_null())
            identity[nlohmann::json::json_pointer(std::string(key.pointer))] = value;
    }
    for (const char* const label : {"name", "report"}) identity.erase(label);
    return identity.dump();
}

double fraction_of(const Json& value) {
    return value.is_number() ? value.get<double>() : *parse_percentage(value.get<std::string>());
}

std::uint64_t rate_of(const Json& value) {
    if (value.is_string()) return *parse_rate(value.get<std::string>());
    return static_cast<std::uint64_t>(std::llround(value.get<double>()));
}

std::uint64_t nanoseconds_of(const Json& value) {
    return *parse_duration(value.get<std::string>());
}

}  // namespace elytractl::spec
