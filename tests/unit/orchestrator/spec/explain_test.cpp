#include "orchestrator/spec/explain.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "orchestrator/spec/keys.hpp"

using namespace elytractl::spec;

namespace {

Explained explained(const Document& document, std::string_view pointer) {
    const std::vector<Explained> values = explain(document);
    const auto found = std::ranges::find(values, pointer, &Explained::pointer);
    REQUIRE(found != values.end());
    return *found;
}

}  // namespace

TEST_CASE("explain gives every value that is in force and where it was said") {
    auto document = read_document("{\"load\":\n {\"clients\": 4}}", "a.json");
    REQUIRE(document.has_value());
    merge(*document, single_value("/load/seed", 7, {.kind = PlaceKind::flag, .name = "--seed"}));
    CHECK(explained(*document, "/load/clients").value == 4);
    CHECK(to_text(explained(*document, "/load/clients").place) == "a.json:2:14");
    CHECK(to_text(explained(*document, "/load/seed").place) == "--seed");
    CHECK(explained(*document, "/load/threads").value == 1);
    CHECK(to_text(explained(*document, "/load/threads").place) == "default");
}

TEST_CASE("explain shows also what follows from other keys") {
    const auto document =
        read_document(R"({"load": {"arrival": {"rate": 5}, "mix": {"query": "0.5%"}}})", "a.json");
    REQUIRE(document.has_value());
    CHECK(explained(*document, "/load/arrival/model").value == "open");
    CHECK(explained(*document, "/load/mix/plain").value == "99.5%");
    CHECK(explained(Document{}, "/load/arrival/model").value == "closed");
}

TEST_CASE("explain in JSON names the source of each value") {
    const auto document = read_document(R"({"name": "x"})", "a.json");
    REQUIRE(document.has_value());
    const Json json = explain_json(explain(*document));
    const auto of = [&json](std::string_view pointer) {
        return *std::ranges::find_if(
            json, [pointer](const Json& one) { return one["pointer"] == pointer; });
    };
    CHECK(of("/name") == Json::parse(R"({"pointer": "/name", "value": "x", "source": "file",
                                         "name": "a.json", "line": 1, "column": 10})"));
    CHECK(of("/load/clients")["source"] == "default");
    CHECK_FALSE(of("/load/clients").contains("line"));
}

TEST_CASE("the explanation of the keys leaves none out") {
    const std::string text = keys_text();
    const Json json = keys_json();
    CHECK(json.size() + 1 == keys().size());
    for (const Key& key : keys()) {
        CAPTURE(key.pointer);
        CHECK(text.find(std::string(key.pointer) + (key.pointer.empty() ? "" : "  (")) !=
              std::string::npos);
    }
    CHECK(text.find("ELYTRACTL_LOAD_CLIENTS") != std::string::npos);
}
