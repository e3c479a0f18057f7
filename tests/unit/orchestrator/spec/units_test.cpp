#include "orchestrator/spec/units.hpp"

#include <doctest/doctest.h>

using namespace elytractl::spec;

TEST_CASE("durations, sizes, rates and percentages are a decimal number and a unit") {
    CHECK(*parse_duration("250ms") == 250'000'000);
    CHECK(*parse_duration("1.5s") == 1'500'000'000);
    CHECK(*parse_duration("5m") == 300'000'000'000);
    CHECK(*parse_duration("0.001us") == 1);
    CHECK(*parse_duration("2h") == 7'200'000'000'000);
    CHECK(*parse_size("256MiB") == 256ULL << 20);
    CHECK(*parse_size("1.5KiB") == 1536);
    CHECK(*parse_rate("150k/s") == 150'000);
    CHECK(*parse_rate("1.25M/s") == 1'250'000);
    CHECK(*parse_rate("200/s") == 200);
    CHECK(*parse_percentage("0.5%") == doctest::Approx(0.005));
    CHECK(*parse_percentage("100%") == doctest::Approx(1));
}

TEST_CASE("a refused quantity says what to write") {
    struct Row {
        std::string_view text;
        std::string_view reason;
    };

    const Row rows[] = {
        {"", "write for example 250ms, 30s or 5m"},
        {"s", "write for example 250ms, 30s or 5m"},
        {"-1s", "write for example 250ms, 30s or 5m"},
        {".5s", "write for example 250ms, 30s or 5m"},
        {"1.s", "write for example 250ms, 30s or 5m"},
        {"1.2.3s", "write for example 250ms, 30s or 5m"},
        {"1234567890123456789s", "write for example 250ms, 30s or 5m"},
        {"30", "has no unit; write ns, us, ms, s, m or h, for example 250ms, 30s or 5m"},
        {"30 s", "\" s\" is not a unit; write ns, us, ms, s, m or h, for example 250ms, 30s or 5m"},
        {"3d", "\"d\" is not a unit; write ns, us, ms, s, m or h, for example 250ms, 30s or 5m"},
        {"0.5ns", "has too many decimals for ns"},
        {"999999999999999999h", "is too large"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto value = parse_duration(row.text);
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error() == row.reason);
    }
    CHECK(parse_rate("150k").error() ==
          "\"k\" is not a unit; write /s, k/s or M/s, for example 150k/s");
    CHECK(parse_size("1GB").error() ==
          "\"GB\" is not a unit; write B, KiB, MiB, GiB or TiB, for example 256MiB");
    CHECK(parse_percentage("5").error() == "has no unit; write %, for example 0.5%");
}

TEST_CASE("quantities are printed in the unit that reads best") {
    CHECK(duration_text(0) == "0ns");
    CHECK(duration_text(1'500'000'000) == "1.5s");
    CHECK(duration_text(250'000'000) == "250ms");
    CHECK(duration_text(90'000'000'000) == "90s");
    CHECK(duration_text(300'000'000'000) == "5m");
    CHECK(duration_text(1'000'000'001) == "1000000.001us");
    CHECK(rate_text(92'000) == "92k/s");
    CHECK(rate_text(1'250'000) == "1.25M/s");
    CHECK(rate_text(200) == "200/s");
    CHECK(percentage_text(0.005) == "0.5%");
}
