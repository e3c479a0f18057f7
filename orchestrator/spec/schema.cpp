#include "orchestrator/spec/schema.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/keys.hpp"
#include "orchestrator/spec/matrix.hpp"
#include "server/common/assert.hpp"

namespace elytractl::spec {
namespace {

constexpr std::string_view duration_pattern = "^[0-9]+([.][0-9]+)?(ns|us|ms|s|m|h)$";
constexpr std::string_view rate_pattern = "^[0-9]+([.][0-9]+)?[kM]?/s$";
constexpr std::string_view rate_or_auto_pattern = "^([0-9]+([.][0-9]+)?[kM]?/s|auto)$";
constexpr std::string_view percentage_pattern = "^[0-9]+([.][0-9]+)?%$";
constexpr std::string_view quantity_pattern =
    "^[0-9]+([.][0-9]+)?([kM]?/s|ns|us|ms|s|m|h|B|KiB|MiB|GiB|TiB|%)$";
constexpr std::string_view name_pattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$";
constexpr std::string_view driver_pattern =
    "^(builtin:transfers|exec:[^\\u0000-\\u0020][^\\u0000-\\u001f]*)$";
constexpr std::string_view metric_pattern =
    "^(throughput|load[.](offered|late_fraction|dropped_fraction)|member[.](rss_max|ready_ms)"
    "|generator[.](busy|audit_share)"
    "|cost[.](cpu_us_per_event|written_bytes_per_event|switches_per_event)"
    "|(event|batch|fill|queue|service|query|lag)[.](max|p[0-9]+([.][0-9]+)?))$";
constexpr std::string_view reference_pattern = "^(last|(tag|run):[A-Za-z0-9_.:/+-]+)$";
constexpr std::string_view allowance_pattern = "^(noise|(noise[+])?[0-9]{1,2}([.][0-9]+)?%)$";
constexpr std::string_view start_flag_pattern = "^[a-z0-9_]+$";

Json text_like(std::string_view pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json bounded(std::string_view type, const Key& key) {
    return {{"type", type}, {"minimum", key.minimum}, {"maximum", key.maximum}};
}

// A whole number as JSON has it: without a fraction.
Json whole(const Key& key) {
    Json schema = {{"type", "integer"}, {"minimum", static_cast<std::uint64_t>(key.minimum)}};
    constexpr double exact_max = 9007199254740992.0;  // 2^53
    if (key.maximum <= exact_max) schema["maximum"] = static_cast<std::uint64_t>(key.maximum);
    return schema;
}

Json number_or(const Key& key, std::string_view pattern) {
    return {{"oneOf", {bounded("number", key), text_like(pattern)}}};
}

Json scalar() { return {{"type", {"string", "number", "boolean"}}}; }

Json schema_of(const Key& key);

Json object_schema(const Key& key) {
    Json properties = Json::object();
    for (const std::string_view name : member_names(key)) {
        const Key* const member = find_key(child_pointer(key.pointer, name));
        ELYTRA_ASSERT(member != nullptr);
        properties[std::string(name)] = schema_of(*member);
    }
    return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

Json list_schema(const Key& key) {
    const Key* const item = find_key(std::string(key.pointer) + "/0");
    ELYTRA_ASSERT(item != nullptr);
    return {{"type", "array"},
            {"items", schema_of(*item)},
            {"minItems", static_cast<std::uint64_t>(key.minimum)},
            {"maxItems", static_cast<std::uint64_t>(key.maximum)}};
}

Json matrix_schema() {
    Json properties = Json::object();
    for (const Key& key : keys()) {
        if (!is_axis(key.pointer)) continue;
        properties[std::string(key.pointer)] = {
            {"type", "array"}, {"items", schema_of(key)}, {"minItems", 1}};
    }
    properties[std::string(matrix_exclude)] = {
        {"type", "array"}, {"items", {{"type", "object"}, {"minProperties", 1}}}};
    return {{"type", "object"},
            {"properties", properties},
            {"patternProperties",
             {{"^/cluster/start/[a-z0-9_]+$",
               {{"type", "array"}, {"items", scalar()}, {"minItems", 1}}}}},
            {"additionalProperties", false}};
}

Json rules_of(const Key& key) {
    switch (key.kind) {
        case ValueKind::object:
            return object_schema(key);
        case ValueKind::list:
            return list_schema(key);
        case ValueKind::text:
            return {{"type", "string"}, {"minLength", 1}};
        case ValueKind::name:
            return text_like(name_pattern);
        case ValueKind::choice:
            return {{"type", "string"}, {"enum", key.choices}};
        case ValueKind::driver:
            return text_like(driver_pattern);
        case ValueKind::whole:
            return whole(key);
        case ValueKind::number:
            return bounded("number", key);
        case ValueKind::boolean:
            return {{"type", "boolean"}};
        case ValueKind::fraction:
            return number_or(key, percentage_pattern);
        case ValueKind::duration:
            return text_like(duration_pattern);
        case ValueKind::rate:
            return number_or(key, rate_pattern);
        case ValueKind::rate_or_auto:
            return number_or(key, rate_or_auto_pattern);
        case ValueKind::metric:
            return text_like(metric_pattern);
        case ValueKind::quantity:
            return {{"oneOf", {{{"type", "number"}}, text_like(quantity_pattern)}}};
        case ValueKind::start_flags:
            return {{"type", "object"},
                    {"patternProperties", {{std::string(start_flag_pattern), scalar()}}},
                    {"additionalProperties", false}};
        case ValueKind::matrix:
            return matrix_schema();
    }
    ELYTRA_ASSERT(false);
}

Json schema_of(const Key& key) {
    Json schema = {{"description", key.description}};
    if (!key.default_text.empty()) schema["default"] = Json::parse(key.default_text);
    schema.update(rules_of(key));
    return schema;
}

// What the table of keys does not say: which members need and exclude one another.
void add_threshold_rules(Json& item) {
    item["required"] = {"metric"};
    item["anyOf"] = {
        {{"required", {"min"}}}, {{"required", {"max"}}}, {{"required", {"regression"}}}};
    Json others = Json::array();
    for (const std::string_view key : {"min", "max", "on_fail", "abort"}) {
        others.push_back({{"required", {key}}});
    }
    item["dependencies"] = {{"regression", {{"not", {{"anyOf", others}}}}}};
    Json& regression = item["properties"]["regression"];
    regression["required"] = {"against", "worse_than"};
    regression["properties"]["against"].update(text_like(reference_pattern));
    regression["properties"]["worse_than"].update(text_like(allowance_pattern));
}

}  // namespace

Json bench_schema() {
    const Key* const root = find_key("");
    ELYTRA_ASSERT(root != nullptr);
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "elytractl run file, kind bench"}};
    schema.update(schema_of(*root));
    schema["required"] = {"$schema", "kind"};
    add_threshold_rules(schema["properties"]["thresholds"]["items"]);
    return schema;
}

std::string bench_schema_text() {
    constexpr int indent = 2;
    return bench_schema().dump(indent) + "\n";
}

}  // namespace elytractl::spec
