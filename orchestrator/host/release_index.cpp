#include "orchestrator/host/release_index.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/host/release_name.hpp"

namespace elytractl::host {
namespace {

using elytra::Result;
using elytra::Unexpected;
using nlohmann::json;

constexpr std::string_view schema = "elytractl-releases/1";
constexpr std::size_t sha256_digits = 64;

bool is_sha256(std::string_view text) {
    return text.size() == sha256_digits && std::ranges::all_of(text, [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
           });
}

const json* member(const json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

Result<Release, std::string> parse_release(const std::string& name, const json& value) {
    const json* const sha256 = member(value, "sha256");
    const json* const size = member(value, "size");
    const json* const version = member(value, "version");
    const bool complete = sha256 != nullptr && sha256->is_string() && size != nullptr &&
                          size->is_number_unsigned() && version != nullptr && version->is_string();
    if (!complete || !is_sha256(sha256->get_ref<const std::string&>())) {
        return Unexpected(fmt::format("the entry of {} is not one of a release", name));
    }
    return Release{.digest = {.sha256 = *sha256, .size = *size}, .version = *version};
}

}  // namespace

json to_json(const ReleaseIndex& index) {
    json releases = json::object();
    for (const auto& [name, release] : index) {
        releases[name] = {{"sha256", release.digest.sha256},
                          {"size", release.digest.size},
                          {"version", release.version}};
    }
    return {{"schema", schema}, {"releases", std::move(releases)}};
}

Result<ReleaseIndex, std::string> parse_release_index(std::string_view text) {
    const json value = json::parse(text, nullptr, false);
    if (value.is_discarded()) return Unexpected(std::string("it is not JSON"));
    const json* const found_schema = member(value, "schema");
    if (found_schema == nullptr || *found_schema != schema) {
        return Unexpected(fmt::format("its schema is not {}", schema));
    }
    const json* const releases = member(value, "releases");
    if (releases == nullptr || !releases->is_object()) {
        return Unexpected(std::string("it has no releases"));
    }
    ReleaseIndex index;
    for (const auto& [name, entry] : releases->items()) {
        if (!release_name_valid(name)) {
            return Unexpected(fmt::format("'{}' is not the name of a release", name));
        }
        auto release = parse_release(name, entry);
        if (!release.has_value()) return Unexpected(release.error());
        index.emplace(name, *release);
    }
    return index;
}

}  // namespace elytractl::host
