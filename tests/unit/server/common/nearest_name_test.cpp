#include "server/common/nearest_name.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

using namespace elytra;
using namespace std::string_view_literals;

TEST_CASE("the nearest name is within a third of the letters or begins with the word") {
    constexpr std::array names = {"cluster"sv, "replica"sv, "replica-count"sv, "cache-grid"sv};
    CHECK(nearest_name("clusters", names) == "cluster");
    CHECK(nearest_name("replicacount", names) == "replica-count");
    CHECK(nearest_name("repilca", names) == "replica");
    CHECK(nearest_name("lcuster", names) == "cluster");
    CHECK(nearest_name("cache", names) == "cache-grid");
    CHECK(nearest_name("foo", names).empty());
    CHECK(nearest_name("", names).empty());
    CHECK(nearest_name("cluster", {}).empty());
}

TEST_CASE("two letters in the wrong order are one mistake") {
    constexpr std::array names = {"load"sv, "model"sv};
    CHECK(nearest_name("laod", names) == "load");
    CHECK(nearest_name("modle", names) == "model");
    CHECK(nearest_name("dola", names).empty());
}
