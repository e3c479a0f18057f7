#include "tests/support/ledger_property.hpp"

#include <cstdint>

#include <doctest/doctest.h>

namespace elytra::test {
namespace {

// `elytra_ledger_property` does the same for as long as one likes.
TEST_CASE("the state machine and a naive ledger agree on generated requests") {
    constexpr std::uint64_t seed = 1;
    CAPTURE(seed);
    const PropertyReport report = check_ledger_property(seed, 20'000);
    if (report.difference.has_value()) FAIL(*report.difference);
}

}  // namespace
}  // namespace elytra::test
