#include "bench/load/latency_histogram.hpp"

#include <doctest/doctest.h>

using elytra::bench::LatencyHistogram;
using elytra::bench::Quantile;

TEST_CASE("an empty histogram answers zero") {
    const LatencyHistogram histogram;
    CHECK(histogram.count() == 0);
    CHECK(histogram.min() == 0);
    CHECK(histogram.max() == 0);
    CHECK(histogram.mean() == 0);
    CHECK(histogram.at({1, 2}) == 0);
    CHECK(histogram.classes().empty());
}

TEST_CASE("a class begins where the one before ends, and holds its own begin") {
    for (std::size_t index = 0; index < LatencyHistogram::class_count(); ++index) {
        const std::uint64_t begin = LatencyHistogram::class_begin(index);
        REQUIRE(LatencyHistogram::class_begin(index + 1) > begin);
        if (begin == 0 || begin > LatencyHistogram::value_max) continue;
        REQUIRE(LatencyHistogram::class_of(begin) == index);
        REQUIRE(LatencyHistogram::class_of(begin - 1) <= index);
    }
}

TEST_CASE("no class is wider than a thousandth of what it holds") {
    for (std::size_t index = 1; index < LatencyHistogram::class_count(); ++index) {
        const std::uint64_t begin = LatencyHistogram::class_begin(index);
        const std::uint64_t width = LatencyHistogram::class_begin(index + 1) - begin;
        REQUIRE((width == 1 || width * 1000 <= begin));
    }
}

TEST_CASE("quantiles count samples, not values") {
    LatencyHistogram histogram;
    for (std::uint64_t value = 1; value <= 1000; ++value) histogram.record_microseconds(value);

    struct Row {
        Quantile quantile;
        std::uint64_t expected;
    };

    const Row rows[] = {{{0, 1}, 1},        {{1, 100}, 10},        {{1, 2}, 500}, {{99, 100}, 990},
                        {{999, 1000}, 999}, {{9991, 10000}, 1000}, {{1, 1}, 1000}};
    for (const Row& row : rows) {
        CAPTURE(row.quantile.numerator);
        CHECK(histogram.at(row.quantile) == row.expected);
    }
    CHECK(histogram.mean() == 500);
}

TEST_CASE("a quantile is never reported above the largest sample") {
    LatencyHistogram histogram;
    histogram.record_microseconds(1'000'001);
    CHECK(histogram.at({1, 1}) == 1'000'001);
    CHECK(histogram.at({1, 100}) == 1'000'001);
}

TEST_CASE("latencies outside the range count as its ends") {
    LatencyHistogram histogram;
    histogram.record_microseconds(0);
    histogram.record_microseconds(LatencyHistogram::value_max + 1);
    CHECK(histogram.min() == 1);
    CHECK(histogram.max() == LatencyHistogram::value_max);
    CHECK(histogram.count() == 2);
}

TEST_CASE("a merged histogram equals the one of all samples") {
    LatencyHistogram odd;
    LatencyHistogram even;
    LatencyHistogram all;
    for (std::uint64_t value = 1; value < 5000; ++value) {
        (value % 2 == 0 ? even : odd).record_microseconds(value * value);
        all.record_microseconds(value * value);
    }
    odd.merge(even);
    CHECK(odd == all);
}

TEST_CASE("a quantile needs ten samples above it") {
    LatencyHistogram histogram;
    histogram.add(5, 999);
    CHECK_FALSE(histogram.supports({99, 100}));
    histogram.add(5, 1);
    CHECK(histogram.supports({99, 100}));
    CHECK_FALSE(histogram.supports({999, 1000}));
    CHECK_FALSE(histogram.supports({1, 1}));
}
