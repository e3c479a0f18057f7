#include "bench/load/histogram_log.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

namespace {

LatencyHistogram sample() {
    LatencyHistogram histogram;
    histogram.add(1, 1);
    histogram.add(3, 2);
    histogram.add(5000, 3000);
    histogram.add(123'456, 1);
    histogram.add(LatencyHistogram::value_max, 1);
    return histogram;
}

void check_same_classes(const LatencyHistogram& left, const LatencyHistogram& right) {
    REQUIRE(left.classes().size() == right.classes().size());
    for (std::size_t index = 0; index < left.classes().size(); ++index) {
        CAPTURE(index);
        REQUIRE(left.classes()[index] == right.classes()[index]);
    }
}

}  // namespace

TEST_CASE("a histogram survives being encoded and decoded") {
    const std::optional<LatencyHistogram> decoded = decode_histogram(encode_histogram(sample()));
    REQUIRE(decoded.has_value());
    check_same_classes(*decoded, sample());
    const std::optional<LatencyHistogram> empty = decode_histogram(encode_histogram({}));
    REQUIRE(empty.has_value());
    CHECK(empty->count() == 0);
}

TEST_CASE("a histogram encoded by HdrHistogram's Java library decodes to the same classes") {
    // sample(), recorded and encoded with libhdrhistogram-java 2.1.11.
    const char* golden =
        "HISTFAAAAC94nJNpmSzMwMDAzwABzFCaEURcm7yEwf4DVISJgWW38Qe9015Ml98wMgEAuS0JgQ==";
    const std::optional<LatencyHistogram> decoded = decode_histogram(golden);
    REQUIRE(decoded.has_value());
    check_same_classes(*decoded, sample());
}

TEST_CASE("a damaged column is refused") {
    const std::string intact = encode_histogram(sample());
    CHECK_FALSE(decode_histogram("").has_value());
    CHECK_FALSE(decode_histogram("====").has_value());
    CHECK_FALSE(decode_histogram(intact.substr(0, intact.size() - 4)).has_value());
    std::string other_cookie = intact;
    other_cookie[0] = 'A';
    CHECK_FALSE(decode_histogram(other_cookie).has_value());
    std::string other_byte = intact;
    other_byte[intact.size() / 2] = intact[intact.size() / 2] == 'A' ? 'B' : 'A';
    CHECK_FALSE(decode_histogram(other_byte).has_value());
}

TEST_CASE(
    "a log opens with its version and its start, and each line carries tag, times and maximum") {
    CHECK(histogram_log_header(WallTime{1'700'000'000'012'999'999}) ==
          "#[Histogram log format version 1.3]\n"
          "#[BaseTime: 1700000000.012 (seconds since epoch)]\n"
          "#[StartTime: 1700000000.012 (seconds since epoch)]\n"
          "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_"
          "Histogram\"\n");
    LatencyHistogram histogram;
    histogram.record_microseconds(12'045);
    const HistogramInterval interval{
        .tag = "transfers", .start_milliseconds = 1002, .length_milliseconds = 57'710};
    CHECK(histogram_log_line(interval, histogram) ==
          "Tag=transfers,1.002,57.710,12.045," + encode_histogram(histogram) + "\n");
}
