#include "bench/load/traffic_options.hpp"

#include <functional>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::bench;

TEST_CASE("the defaults are a valid closed load") { CHECK(validate(TrafficOptions{}).has_value()); }

TEST_CASE("what cannot work is refused with its name and its bounds") {
    struct Row {
        std::function<void(TrafficOptions&)> change;
        const char* error;
    };

    const auto open = [](TrafficOptions& options) {
        options.arrival.model = ArrivalModel::open;
        options.arrival.stretches = {{100, 100, 1'000'000'000}};
    };
    const Row rows[] = {
        {[](auto& options) { options.clients = 0; }, "clients (0): must be 1 to 64"},
        {[](auto& options) { options.threads = 2; }, "threads (2): must be 1 to 1"},
        {[](auto& options) { options.batch_max = 8190; }, "batch_max (8190): must be 1 to 8189"},
        {[](auto& options) {
             options.mix.shares = {999, 1, 0, 0, 0};
             options.batch_max = 3;
         },
         "batch_max (3): must be 4 to 8189"},
        {[](auto& options) { options.mix.shares[0] = 999; },
         "mix: the shares add up to 999, not to 1000"},
        {[](auto& options) { options.backlog_max = 8188; },
         "backlog_max (8188): must be 8189 to 4294967296"},
        {[](auto& options) { options.workload.imported = true; },
         "imported: timestamps must ascend, which several requests do not"},
        {[](auto& options) { options.arrival.model = ArrivalModel::open; },
         "stretches (0): an open schedule has 1 to 1000"},
        {[&](auto& options) {
             open(options);
             options.arrival.stretches[0] = {0, 0, 1'000'000'000};
         },
         "stretches: all rates are 0"},
        {[&](auto& options) {
             open(options);
             options.arrival.stretches[0].nanoseconds = 999'999;
         },
         "stretch nanoseconds (999999): must be 1000000 to 3600000000000000"},
        {[&](auto& options) {
             open(options);
             options.arrival.stretches = {{100, 100, 1'000'000'000, 101, 1'000'000'000}};
         },
         "amplitude (101): must be 0 to 100"},
        {[&](auto& options) {
             open(options);
             options.arrival.stretches = {{100, 100, 1'000'000'000, 100, 999'999}};
         },
         "period nanoseconds (999999): must be 1000000 to 3600000000000000"},
        {[&](auto& options) {
             open(options);
             options.arrival.stretches = {{100, 101, 1'000'000'000, 50, 1'000'000'000}};
         },
         "amplitude: a rate that swings has a mean that stays"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.error);
        TrafficOptions options;
        row.change(options);
        const auto outcome = validate(options);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error() == row.error);
    }
    TrafficOptions options;
    open(options);
    CHECK(validate(options).has_value());
}
