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
    // Otherwise it would show that a ledger in memory works.
    CHECK(report.checkpoints > 100);
    CHECK(report.merges > 10);
    CHECK(report.pages_read > 1'000);
}

}  // namespace
}  // namespace elytra::test
