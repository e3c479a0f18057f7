#include "server/cli/flag_values.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "server/common/text.hpp"

using namespace elytra;
using namespace elytra::cli;
using namespace std::string_view_literals;
using namespace std::chrono_literals;

TEST_CASE("an integer is decimal digits with separators between them") {
    struct Row {
        std::string_view text;
        std::string_view value;  // empty: refused
    };

    const Row rows[] = {
        {"0", "0"},
        {"7", "7"},
        {"10_000", "10000"},
        {"1_2_3", "123"},
        {"340282366920938463463374607431768211455", "340282366920938463463374607431768211455"},
        {"340282366920938463463374607431768211456", ""},
        {"999999999999999999999999999999999999999999", ""},
        {"", ""},
        {"abc", ""},
        {"-1", ""},
        {"+1", ""},
        {" 1", ""},
        {"1 ", ""},
        {"0x10", ""},
        {"007", ""},
        {"00", ""},
        {"1.0", ""},
        {"_1", ""},
        {"1_", ""},
        {"1__0", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Result<u128, std::string> value = parse_integer(row.text, {});
        CHECK(value.has_value() == !row.value.empty());
        if (value.has_value()) CHECK(to_decimal(*value) == row.value);
    }
}

TEST_CASE("an integer outside its range is refused with the range") {
    const IntegerRange range = {.min = 2, .max = 5};
    CHECK_FALSE(parse_integer("1", range).has_value());
    CHECK(*parse_integer("2", range) == 2);
    CHECK(*parse_integer("5", range) == 5);
    CHECK(parse_integer("6", range).error() == "out of range; expected an integer from 2 to 5");
}

TEST_CASE("a refused integer is told apart by its reason") {
    const auto reason = [](std::string_view text) { return parse_integer(text, {}).error(); };
    constexpr std::string_view expected = "; expected an integer from 0 to 2^128-1";
    CHECK(reason("abc") == "only decimal digits are allowed" + std::string(expected));
    CHECK(reason("0x10") == "decimal only, without leading zeros" + std::string(expected));
    CHECK(reason("007") == "decimal only, without leading zeros" + std::string(expected));
    CHECK(reason("1_") == "'_' belongs between two digits" + std::string(expected));
}

TEST_CASE("a size is an integer with a binary unit in any letter case") {
    struct Row {
        std::string_view text;
        std::uint64_t value;
    };

    const Row rows[] = {
        {"0", 0},
        {"4096", 4096},
        {"1_000", 1000},
        {"12bytes", 12},
        {"12BYTES", 12},
        {"1KiB", 1ULL << 10},
        {"3MiB", 3ULL << 20},
        {"1gib", 1ULL << 30},
        {"16TIB", 16ULL << 40},
        {"16777215TiB", 16777215ULL << 40},
        {"18446744073709551615", 18446744073709551615ULL},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Result<std::uint64_t, std::string> size = parse_size(row.text, {});
        REQUIRE(size.has_value());
        CHECK(*size == row.value);
    }
}

TEST_CASE("a refused size says what to write instead") {
    struct Row {
        std::string_view text;
        std::string_view reason;
    };

    const Row rows[] = {
        {"", "expected a size such as 512KiB, 1GiB or 4096"},
        {"-1GiB", "expected a size such as 512KiB, 1GiB or 4096"},
        {"GiB", "expected a size such as 512KiB, 1GiB or 4096"},
        {"1GB", "'GB' is not a unit; did you mean 1GiB?"},
        {"1K", "'K' is not a unit; did you mean 1KiB?"},
        {"1B", "'B' is not a unit; use KiB, MiB, GiB, TiB or none for bytes"},
        {"1 KiB", "' KiB' is not a unit; use KiB, MiB, GiB, TiB or none for bytes"},
        {"1.5GiB", "whole numbers only; use the next smaller unit"},
        {"007KiB", "decimal only, without leading zeros"},
        {"1_KiB", "'_' belongs between two digits"},
        {"16777216TiB", "more than 16 EiB, the largest size there is"},
        {"99999999TiB", "more than 16 EiB, the largest size there is"},
        {"18446744073709551616", "more than 16 EiB, the largest size there is"},
        {"999999999999999999999999999999999999999999",
         "more than 16 EiB, the largest size there is"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Result<std::uint64_t, std::string> size = parse_size(row.text, {});
        REQUIRE_FALSE(size.has_value());
        CHECK(size.error() == row.reason);
    }
}

TEST_CASE("a size is checked against its bounds and its multiple") {
    const SizeRange range = {.min = 1114624ULL << 10, .max = 64ULL << 40, .multiple = 4096};
    CHECK(parse_size("1GiB", range).error() == "must be at least 1114624KiB (1.06GiB)");
    CHECK(parse_size("65TiB", range).error() == "must be at most 64TiB");
    CHECK(parse_size("1141374977", range).error() ==
          "must be a multiple of 4KiB; the nearest are 1141374976 and 1141379072");
    CHECK(*parse_size("1141374976", range) == 1141374976);
    CHECK(*parse_size("64TiB", range) == 64ULL << 40);

    const SizeRange unbounded = {.multiple = 4096};
    CHECK(parse_size("18446744073709551615", unbounded).error() ==
          "must be a multiple of 4KiB; the nearest is 18446744073709547520");
}

TEST_CASE("a duration is the sum of its components") {
    struct Row {
        std::string_view text;
        std::chrono::nanoseconds value;
    };

    const Row rows[] = {
        {"0s", 0s},          {"500ms", 500ms}, {"1h2m", 1h + 2min},
        {"1s500ms", 1500ms}, {"3us", 3us},     {"7ns", 7ns},
        {"2d", 48h},         {"10m", 10min},   {"999d23h59m59s999ms", 24h * 1000 - 1ms},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Result<std::chrono::nanoseconds, std::string> duration = parse_duration(row.text);
        REQUIRE(duration.has_value());
        CHECK(*duration == row.value);
    }
}

TEST_CASE("a refused duration says what is wrong") {
    struct Row {
        std::string_view text;
        std::string_view reason;
    };

    const Row rows[] = {
        {"", "a number is missing before ''; write for example 500ms"},
        {"1", "the unit is missing; write for example 500ms"},
        {"1s5", "the unit is missing; write for example 500ms"},
        {"1x", "'x' is not a unit; use d, h, m, s, ms, us or ns"},
        {"1S", "'S' is not a unit; use d, h, m, s, ms, us or ns"},
        {"1_0s", "'_' is not a unit; use d, h, m, s, ms, us or ns"},
        {"s", "a number is missing before 's'; write for example 500ms"},
        {"-1s", "a number is missing before '-1s'; write for example 500ms"},
        {"01s", "decimal only, without leading zeros"},
        {"1000d", "too long; must be below 1000d"},
        {"999d24h", "too long; must be below 1000d"},
        {"99999d", "too long; must be below 1000d"},
        {"99999999999999999999999999s", "too long; must be below 1000d"},
        {"340282366920938463463374607431768211455d", "too long; must be below 1000d"},
        {"340282366920938463463374607431768211456d", "the number is too large"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Result<std::chrono::nanoseconds, std::string> duration = parse_duration(row.text);
        REQUIRE_FALSE(duration.has_value());
        CHECK(duration.error() == row.reason);
    }
}

TEST_CASE("a ratio is a fraction of at most one, or zero") {
    CHECK(*parse_ratio("0") == Ratio{0, 1});
    CHECK(*parse_ratio("1/4") == Ratio{1, 4});
    CHECK(*parse_ratio("3/3") == Ratio{3, 3});
    CHECK(parse_ratio("2/1").error() == "must not be greater than 1");
    CHECK(parse_ratio("0/0").error() == "the number behind '/' must not be 0");
    for (const std::string_view text : {""sv, "1"sv, "1/"sv, "/1"sv, "a/b"sv, "1/2/3"sv, "-1/2"sv,
                                        "0.5"sv, "1/18446744073709551616"sv}) {
        CAPTURE(text);
        CHECK_FALSE(parse_ratio(text).has_value());
    }
}

TEST_CASE("a switch is true or false") {
    CHECK(*parse_switch("true"));
    CHECK_FALSE(*parse_switch("false"));
    for (const std::string_view text : {""sv, "maybe"sv, "1"sv, "True"sv}) {
        CAPTURE(text);
        CHECK_FALSE(parse_switch(text).has_value());
    }
}

TEST_CASE("a choice is one of its names, letter by letter") {
    constexpr std::array names = {"uniform"sv, "zipfian"sv, "latest"sv};
    CHECK(*parse_choice("uniform", names) == 0);
    CHECK(*parse_choice("latest", names) == 2);
    CHECK(parse_choice("normal", names).error() == "expected one of uniform, zipfian, latest");
    CHECK_FALSE(parse_choice("Uniform", names).has_value());
    CHECK_FALSE(parse_choice("", names).has_value());
}

TEST_CASE("a size is printed in the largest unit that divides it") {
    CHECK(format_size(0) == "0 bytes");
    CHECK(format_size(1000) == "1000 bytes");
    CHECK(format_size(4096) == "4KiB");
    CHECK(format_size(1114624ULL << 10) == "1114624KiB");
    CHECK(format_size(64ULL << 40) == "64TiB");
}
