#include "orchestrator/quantities/columns.hpp"

#include <doctest/doctest.h>

using namespace elytractl::quantities;

TEST_CASE("a character takes one column, however many bytes it has") {
    CHECK(columns_of("") == 0);
    CHECK(columns_of("31.4 µs") == 7);
    CHECK(columns_of("▁▅█") == 3);
}
