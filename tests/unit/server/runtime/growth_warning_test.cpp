#include "server/runtime/growth_warning.hpp"

#include <doctest/doctest.h>

using elytra::runtime::GrowthWarning;

TEST_CASE("a growing file passes each mark once") {
    GrowthWarning warning(1000);
    CHECK_FALSE(warning.passed(0).has_value());
    CHECK_FALSE(warning.passed(799).has_value());
    CHECK(warning.passed(800) == 80);
    CHECK_FALSE(warning.passed(949).has_value());
    CHECK_FALSE(warning.passed(800).has_value());
    CHECK(warning.passed(950) == 95);
    CHECK_FALSE(warning.passed(1000).has_value());
}

TEST_CASE("a jump past both marks is one warning, of the higher one") {
    GrowthWarning warning(16ULL << 40);
    CHECK(warning.passed(16ULL << 40) == 95);
    CHECK_FALSE(warning.passed(16ULL << 40).has_value());
}
