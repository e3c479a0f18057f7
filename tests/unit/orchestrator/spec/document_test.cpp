#include "orchestrator/spec/document.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace elytractl::spec;

namespace {

Document read(std::string_view text, std::string_view name) {
    auto document = read_document(text, name);
    REQUIRE(document.has_value());
    return std::move(document).value();
}

}  // namespace

// The table of RFC 7386, appendix A, as far as the document is an object.
TEST_CASE("layers are merged as RFC 7386 says") {
    struct Row {
        std::string_view original;
        std::string_view patch;
        std::string_view merged;
    };

    const Row rows[] = {
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.patch);
        Document document = read(row.original, "a");
        merge(document, read(row.patch, "b"));
        CHECK(document.value == Json::parse(row.merged));
    }
}

TEST_CASE("after a merge every value has the place of the layer it came from") {
    Document document = read(R"({"a": {"x": 1, "y": 2}, "l": [1, 2, 3], "s": {"t": 1}})", "a");
    merge(document, read(R"({"a": {"y": 3}, "l": [4], "s": 5})", "b"));
    CHECK(document.place_of("/a/x").name == "a");
    CHECK(document.place_of("/a/y").name == "b");
    CHECK(to_text(document.place_of("/l/0")) == "b:1:23");
    CHECK(document.places.contains("/l/2") == false);
    CHECK(document.places.contains("/s/t") == false);
    CHECK(document.key_place_of("/s").name == "b");
    merge(document, read(R"({"a": null})", "c"));
    CHECK(document.places.contains("/a/x") == false);
}

TEST_CASE("a single value stands below the objects of its pointer") {
    const Document document = single_value("/a/b~1c", 7, {.kind = PlaceKind::flag, .name = "--f"});
    CHECK(document.value == Json::parse(R"({"a": {"b/c": 7}})"));
    CHECK(to_text(document.place_of("/a/b~1c")) == "--f");
}

TEST_CASE("a pointer is empty or made of keys behind slashes") {
    CHECK(is_pointer(""));
    CHECK(is_pointer("/a/b~0~1"));
    CHECK(is_pointer("/"));
    CHECK_FALSE(is_pointer("a"));
    CHECK_FALSE(is_pointer("/a~"));
    CHECK_FALSE(is_pointer("/a~2"));
    CHECK(pointer_keys("/a~1b/~0/").size() == 3);
    CHECK(pointer_keys("/a~1b/~0/")[0] == "a/b");
    CHECK(child_pointer("/x", "a/~") == "/x/a~1~0");
}
