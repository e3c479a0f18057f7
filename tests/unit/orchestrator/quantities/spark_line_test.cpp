#include "orchestrator/quantities/spark_line.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace elytractl::quantities;

TEST_CASE("bars are as high as their values lie in the range") {
    CHECK(spark_line(std::array{0.0, 7.0, 3.5}, {0, 7}, Glyphs::unicode) == "▁█▅");
    CHECK(spark_line(std::array{1.0, 2.0}, {0, 2}, Glyphs::ascii) == "=#");
    CHECK(spark_line(std::array{-1.0, 9.0}, {0, 2}, Glyphs::ascii) == "_#");
    CHECK(spark_line({}, {0, 2}, Glyphs::ascii).empty());
}

TEST_CASE("an empty range puts all bars in the middle") {
    CHECK(spark_line(std::array{4.0, 4.0}, {4, 4}, Glyphs::unicode) == "▅▅");
}
