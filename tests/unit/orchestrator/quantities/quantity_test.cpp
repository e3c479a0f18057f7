#include "orchestrator/quantities/quantity.hpp"

#include <doctest/doctest.h>

using namespace elytractl::quantities;

TEST_CASE("numbers keep three digits that count, and all before the point") {
    struct Row {
        Unit unit;
        double value;
        std::string text;
    };

    const Row rows[] = {
        {Unit::microseconds, 870, "870 µs"},       {Unit::microseconds, 31'415, "31.4 ms"},
        {Unit::microseconds, 2'500'000, "2.50 s"}, {Unit::per_second, 1'234'567, "1 234 567/s"},
        {Unit::bytes, 3'253'002'240, "3.03 GiB"},  {Unit::fraction, 0.001, "0.1 %"},
        {Unit::bytes_per_event, 402.4, "402 B"},   {Unit::number, 0.0004, "0.0004"},
        {Unit::microseconds, 999'940, "1.00 s"},   {Unit::microseconds, 0, "0 µs"},
        {Unit::microseconds, 9'996, "10.0 ms"},    {Unit::milliseconds, 1'500, "1.50 s"},
        {Unit::bytes, 1'000, "1 000 B"},           {Unit::bytes, 1'048'000, "1 023 KiB"}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(quantity(row.unit, row.value) == row.text);
    }
    CHECK(quantity(Unit::bytes, std::nullopt) == "-");
    CHECK(change_percent(0.938) == "-6.2 %");
}

TEST_CASE("sizes are short") {
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(1024) == "1.00 KiB");
    CHECK(bytes_text(67'633'152) == "64.5 MiB");
    CHECK(bytes_text(std::uint64_t{80} << 30) == "80.0 GiB");
}

TEST_CASE("lengths of time keep the two largest units") {
    CHECK(duration_text(250e6) == "250 ms");
    CHECK(duration_text(30e9) == "30 s");
    CHECK(duration_text(120e9) == "2 m");
    CHECK(duration_text(150e9) == "2 m 30 s");
}
