#include "orchestrator/host/release_index.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace elytractl::host;

namespace {

const std::string hash(64, 'a');

nlohmann::json valid() {
    return to_json({{"0.1", {.digest = {.sha256 = hash, .size = 7}, .version = "Elytra 0.1"}}});
}

bool accepted(const nlohmann::json& json) { return parse_release_index(json.dump()).has_value(); }

}  // namespace

TEST_CASE("an index is read as it was written") {
    const auto index = parse_release_index(valid().dump());
    REQUIRE(index.has_value());
    REQUIRE(index->size() == 1);
    CHECK(index->at("0.1") ==
          Release{.digest = {.sha256 = hash, .size = 7}, .version = "Elytra 0.1"});
    CHECK(parse_release_index(to_json({}).dump())->empty());
}

TEST_CASE("an index that is not one is refused, whatever is wrong") {
    CHECK(accepted(valid()));
    CHECK_FALSE(parse_release_index("").has_value());
    CHECK_FALSE(parse_release_index("{").has_value());
    CHECK_FALSE(parse_release_index("[]").has_value());
    nlohmann::json json = valid();
    json["schema"] = "elytractl-releases/2";
    CHECK_FALSE(accepted(json));
    json = valid();
    json["releases"] = 1;
    CHECK_FALSE(accepted(json));
    json = valid();
    json["releases"]["../x"] = json["releases"]["0.1"];
    CHECK_FALSE(accepted(json));
    const nlohmann::json wrong_hashes[] = {hash + "a", "../" + std::string(61, 'a'),
                                           std::string(64, 'A'), 1};
    for (const nlohmann::json& wrong : wrong_hashes) {
        json = valid();
        json["releases"]["0.1"]["sha256"] = wrong;
        CHECK_FALSE(accepted(json));
    }
    for (const char* key : {"sha256", "size", "version"}) {
        json = valid();
        json["releases"]["0.1"].erase(key);
        CHECK_FALSE(accepted(json));
    }
    json = valid();
    json["releases"]["0.1"]["size"] = -1;
    CHECK_FALSE(accepted(json));
}
