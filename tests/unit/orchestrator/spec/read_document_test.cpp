#include <string>

#include <doctest/doctest.h>

#include "orchestrator/spec/document.hpp"

using namespace elytractl::spec;

namespace {

std::string place(const Document& document, std::string_view pointer) {
    return to_text(document.place_of(pointer));
}

std::string refusal(std::string_view text) {
    const auto document = read_document(text, "f");
    return document.has_value() ? std::string() : to_text(document.error().front());
}

}  // namespace

TEST_CASE("every value of a document knows its line and column") {
    const auto document = read_document(
        "{\n"
        "  \"a\": {\"b\": [1, -2.5e3,\n"
        "    \"\\u00e9\\\"\", true], \"ü\": null},\n"
        "\t\"c\" :\n"
        "  0}\n",
        "f");
    REQUIRE(document.has_value());
    CHECK(place(*document, "") == "f:1:1");
    CHECK(place(*document, "/a") == "f:2:8");
    CHECK(to_text(document->key_place_of("/a")) == "f:2:3");
    CHECK(place(*document, "/a/b") == "f:2:14");
    CHECK(place(*document, "/a/b/0") == "f:2:15");
    CHECK(place(*document, "/a/b/1") == "f:2:18");
    CHECK(place(*document, "/a/b/2") == "f:3:5");
    CHECK(place(*document, "/a/b/3") == "f:3:17");
    CHECK(to_text(document->key_place_of("/a/ü")) == "f:3:24");
    CHECK(place(*document, "/a/ü") == "f:3:29");
    CHECK(place(*document, "/c") == "f:5:3");
    CHECK(document->value["a"]["b"][1] == -2500.0);
    CHECK(document->value["a"]["b"][2] == "é\"");
}

TEST_CASE("a value without a place of its own is where the one around it is") {
    const auto document = read_document(R"({"a": {"b": 1}})", "f");
    REQUIRE(document.has_value());
    CHECK(place(*document, "/a/c/d") == "f:1:7");
    CHECK(to_text(document->key_place_of("/a/c")) == "f:1:7");
}

TEST_CASE("what is not JSON is refused where it begins") {
    struct Row {
        std::string_view text;
        std::string_view place;
        std::string_view says;
    };

    const Row rows[] = {
        {"", "f:1:1", "unexpected end of input"},
        {"{\"a\": 1,}", "f:1:9", "expected string literal"},
        {"{\n \"a\": 1\n \"b\": 2}", "f:3:2", "unexpected string literal"},
        {"{\"a\": 1} x", "f:1:10", "expected end of input"},
        {"{\"a\": 01}", "f:1:8", "unexpected number literal"},
        {"{\"a\": 1e999}", "f:1:7", "number overflow"},
        {"{\"a\": \"x\n\"}", "f:1:7", "control character"},
        {"{\"a\": \"\xff\"}", "f:1:7", "invalid string"},
        {"{'a': 1}", "f:1:2", "invalid literal"},
        {"{\"a\": NaN}", "f:1:7", "invalid literal"},
        {"{ // why\n}", "f:1:3", "JSON has no comments"},
        {"/* why */ {}", "f:1:1", "JSON has no comments"},
        {"# why\n{}", "f:1:1", "JSON has no comments"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "f:1:17", "more than 16 levels deep"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::string text = refusal(row.text);
        CAPTURE(text);
        CHECK(text.starts_with(std::string(row.place) + ": "));
        CHECK(text.find(row.says) != text.npos);
    }
}

TEST_CASE("a key that is there twice is refused at every depth, all of them") {
    const auto document =
        read_document("{\"a\": 1, \"b\": [{\"c\": 1,\n \"c\": 2}], \"a\": 3}", "f");
    REQUIRE_FALSE(document.has_value());
    REQUIRE(document.error().size() == 2);
    CHECK(to_text(document.error()[0]) == "f:2:2: /b/0/c: the key is there twice; first in line 1");
    CHECK(to_text(document.error()[1]) == "f:2:12: /a: the key is there twice; first in line 1");
}

TEST_CASE("a file that cannot be read is a problem, not an end") {
    const auto missing = read_document_file("/nonexistent/bench.json");
    REQUIRE_FALSE(missing.has_value());
    CHECK(to_text(missing.error().front()) == "/nonexistent/bench.json: No such file or directory");
    CHECK_FALSE(read_document_file("/").has_value());
    const auto endless = read_document_file("/dev/zero");
    REQUIRE_FALSE(endless.has_value());
    CHECK(to_text(endless.error().front()) == "/dev/zero: longer than 1048576 bytes");
}
