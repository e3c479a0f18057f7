#include "orchestrator/records/run_name.hpp"

#include <doctest/doctest.h>

using namespace elytractl::records;

TEST_CASE("a name has a number and two words and gives the number back") {
    for (const std::uint64_t number : {1U, 42U, 9999U, 10000U, 123456U}) {
        for (std::uint64_t draw = 0; draw < 1100; draw += 7) {
            CHECK(run_number(run_name(number, draw)) == number);
        }
    }
    CHECK(run_name(42, 3).starts_with("0042-"));
    CHECK(run_name(1, 0) != run_name(1, 1));
    CHECK(run_name(1, 0) != run_name(1, 32));
}

TEST_CASE("any other text is no name") {
    for (const char* const text :
         {"", "0042", "42-brisk-otter", "0042-brisk", "0042-brisk-otter-x", "0042-Brisk-otter",
          "0042--otter", "00x2-brisk-otter", "1234567890-brisk-otter", "../0042-brisk-otter",
          "runs.sqlite"}) {
        CAPTURE(text);
        CHECK_FALSE(run_number(text).has_value());
    }
}
