#include "orchestrator/spec/layers.hpp"

#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "orchestrator/spec/keys.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytractl::spec;

namespace {

constexpr std::string_view format = R"("$schema": "elytractl/1", "kind": "bench")";

class LayerFiles {
public:
    // Returns the path.
    std::string write(const std::string& name, std::string_view text) {
        const std::string path = directory_.path(name);
        std::ofstream(path) << text;
        return path;
    }

private:
    elytra::test::TempDirectory directory_;
};

Json load(const Layers& layers) {
    const auto document = load_document(layers);
    if (!document.has_value()) FAIL_CHECK(to_text(document.error().front()));
    return document.has_value() ? document->value : Json();
}

std::string refusal(const Layers& layers) {
    const auto document = load_document(layers);
    return document.has_value() ? std::string() : to_text(document.error().front());
}

}  // namespace

TEST_CASE("later files, then variables, then flags win, and every value knows its layer") {
    LayerFiles files;
    const std::string a = files.write(
        "a.json", "{" + std::string(format) +
                      R"(, "load": {"clients": 1, "threads": 1, "accounts": 10, "seed": 1}})");
    const std::string b =
        files.write("b.json", R"({"load": {"clients": 2, "threads": 2, "accounts": 20}})");
    const auto document = load_document({.files = {a, b},
                                         .environment = {{"ELYTRACTL_LOAD_THREADS", "3"},
                                                         {"ELYTRACTL_LOAD_ACCOUNTS", "30"},
                                                         {"OTHER", "x"}},
                                         .overrides = {{"--accounts", "/load/accounts", "40"}}});
    REQUIRE(document.has_value());
    CHECK(document->value["load"] ==
          Json::parse(R"({"clients": 2, "threads": 3, "accounts": 40, "seed": 1})"));
    CHECK(document->place_of("/load/seed").name == a);
    CHECK(to_text(document->place_of("/load/clients")) == b + ":1:22");
    CHECK(to_text(document->place_of("/load/threads")) == "ELYTRACTL_LOAD_THREADS");
    CHECK(to_text(document->place_of("/load/accounts")) == "--accounts");
}

TEST_CASE("texts of flags and variables become what their key expects") {
    CHECK(load({.sets = {"/load/clients=4", "/name=5", "/load/audit=false", "/load/arrival/rate=5",
                         "/measure/duration=3s", "/measure/percentiles=[50, 99]",
                         "/cluster/start/cache_grid=256MiB", "/cluster/start/development=true",
                         "/load/seed=1", "/load/seed=null"}}) ==
          Json::parse(R"({"load": {"clients": 4, "audit": false, "arrival": {"rate": 5}},
                          "name": "5", "measure": {"duration": "3s", "percentiles": [50, 99]},
                          "cluster": {"start": {"cache_grid": "256MiB", "development": true}}})"));
    CHECK(load({.environment = {{"ELYTRACTL_LOAD", R"({"clients": 3})"},
                                {"ELYTRACTL_CLUSTER_START_CACHE_GRID", "1GiB"},
                                {"ELYTRACTL_NAME", "x"}}}) ==
          Json::parse(R"({"cluster": {"start": {"cache_grid": "1GiB"}}, "load": {"clients": 3},
                          "name": "x"})"));
}

TEST_CASE("every key but the format has a variable of its own that sets it") {
    for (const Key& key : keys()) {
        const std::string variable = variable_name(key);
        if (variable.empty() || key.default_text.empty()) continue;
        CAPTURE(variable);
        const Json value = Json::parse(key.default_text);
        const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        const auto document = load_document({.environment = {{variable, text}}});
        REQUIRE(document.has_value());
        CHECK(*find(document->value, key.pointer) == value);
    }
}

TEST_CASE("what is wrong with a layer is said of that layer") {
    LayerFiles files;
    const std::string good = files.write("good.json", "{" + std::string(format) + "}");
    const std::string bad = files.write("bad.json", R"({"laod": null})");
    const std::string bare = files.write("bare.json", R"({"kind": "bench"})");
    CHECK(refusal({.files = {good, bad}}) ==
          bad + ":1:2: /laod: there is no such key; did you mean \"load\"?");
    CHECK(refusal({.files = {bare}}) ==
          bare + ":1:1: /$schema: is missing; must be \"elytractl/1\"");
    CHECK(refusal({.environment = {{"ELYTRACTL_LOAD_CLIENTS", "many"}}}) ==
          "ELYTRACTL_LOAD_CLIENTS: /load/clients (\"many\"): must be a whole number from 1 to 64");
    CHECK(refusal({.sets = {"/load/clinets=1"}}) ==
          "--set: /load/clinets: there is no such key; did you mean \"clients\"?");
    CHECK(refusal({.environment = {{"ELYTRACTL_LOAD_CLIENT", "1"}}}) ==
          "ELYTRACTL_LOAD_CLIENT (1): there is no such variable; did you mean "
          "\"ELYTRACTL_LOAD_CLIENTS\"?");
    CHECK(refusal({.environment = {{"ELYTRACTL_LOAD_XYZ", "1"}}}) ==
          "ELYTRACTL_LOAD_XYZ (1): there is no such variable");
    CHECK(refusal({.environment = {{"ELYTRACTL_STATE_FOLDER", "x"}}}).empty());
}

TEST_CASE("an exclude may name axes of another layer") {
    LayerFiles files;
    const std::string a = files.write(
        "a.json", "{" + std::string(format) + R"(, "matrix": {"/load/clients": [1, 2]}})");
    const std::string b =
        files.write("b.json", R"({"matrix": {"exclude": [{"/load/clients": 2}]}})");
    CHECK(refusal({.files = {a, b}}).empty());
    CHECK(refusal({.files = {a}, .sets = {R"(/matrix/exclude=[{"/load/seed": 2}])"}}) ==
          "--set: /matrix/exclude/0/~1load~1seed: is not an axis of the matrix");
}

TEST_CASE("--set takes a pointer and a value") {
    CHECK(load({.sets = {"/cluster/dir=a=b"}})["cluster"]["dir"] == "a=b");
    for (const std::string_view text : {"load/clients=4", "/load/clients", "=4", "", "/a~2=1"}) {
        CAPTURE(text);
        CHECK(refusal({.sets = {std::string(text)}}).find("POINTER=VALUE") != std::string::npos);
    }
}

TEST_CASE("every named flag stands for a key and what it sets fits") {
    for (const NamedFlag& flag : named_flags()) {
        CAPTURE(flag.flags);
        const Key* const key = find_key(flag.pointer);
        REQUIRE(key != nullptr);
        if (flag.text.empty()) continue;
        CHECK_FALSE(broken_rule(*key, value_of_text(*key, flag.text)).has_value());
    }
}
