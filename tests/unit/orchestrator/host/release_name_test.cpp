#include "orchestrator/host/release_name.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace elytractl::host;

TEST_CASE("names of releases keep to their grammar") {
    const std::string good[] = {"0.1.7",       "0.3.0-rc1",         "main", "a", "2",
                                "1.0+debug_2", std::string(64, 'x')};
    for (const std::string& name : good) {
        CAPTURE(name);
        CHECK(release_name_valid(name));
    }
    const std::string bad[] = {"",
                               ".",
                               "..",
                               "-x",
                               "_x",
                               "+x",
                               "a b",
                               "a/b",
                               "a=b",
                               "a:b",
                               "a\n",
                               "\xc3\xa4",
                               std::string(65, 'x')};
    for (const std::string& name : bad) {
        CAPTURE(name);
        CHECK_FALSE(release_name_valid(name));
    }
}

TEST_CASE("a wish is a valid name and a path; only the first = separates") {
    CHECK(parse_named_path("0.2.3=build/elytra")->name == "0.2.3");
    CHECK(parse_named_path("0.2.3=build/elytra")->path == "build/elytra");
    CHECK(parse_named_path("a=b=c")->path == "b=c");
    for (const char* text : {"", "a", "a=", "=b", "=", "../a=b", "a b=c"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_named_path(text).has_value());
    }
}
