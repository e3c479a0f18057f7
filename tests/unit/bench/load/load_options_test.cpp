#include "bench/load/load_options.hpp"

#include <functional>

#include <doctest/doctest.h>

using namespace elytra::bench;

TEST_CASE("the defaults are valid") { CHECK(validate(LoadOptions{}).has_value()); }

TEST_CASE("every rule of the flags is checked, and the error begins with the flag") {
    struct Row {
        const char* begin;
        std::function<void(LoadOptions&)> spoil;
    };

    const Row rows[] = {
        {"--account-count (1): must be 2 to", [](auto& o) { o.workload.account_count = 1; }},
        {"--account-count-hot (10001)", [](auto& o) { o.workload.account_count_hot = 10'001; }},
        {"--account-batch-count (0)", [](auto& o) { o.account_batch_count = 0; }},
        {"--account-batch-count (8190)", [](auto& o) { o.account_batch_count = 8190; }},
        {"--transfer-batch-count (0)", [](auto& o) { o.transfer_batch_count = 0; }},
        {"--transfer-batch-count (8190): must be 1 to 8189",
         [](auto& o) { o.transfer_batch_count = 8190; }},
        {"--transfer-hot-percent (101)",
         [](auto& o) {
             o.workload.account_count_hot = 1;
             o.workload.transfer_hot_percent = 101;
         }},
        {"--transfer-hot-percent: ", [](auto& o) { o.workload.transfer_hot_percent = 50; }},
        {"--clients (0)", [](auto& o) { o.clients = 0; }},
        {"--clients (65)", [](auto& o) { o.clients = 65; }},
        {"--validate: needs ids", [](auto& o) { o.validate = true; }},
        {"--validate: works with one client",
         [](auto& o) {
             o.validate = true;
             o.workload.id_order = IdOrder::sequential;
             o.clients = 2;
         }},
        {"--imported: ",
         [](auto& o) {
             o.workload.imported = true;
             o.clients = 2;
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.begin);
        LoadOptions options;
        row.spoil(options);
        const auto outcome = validate(options);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error().starts_with(row.begin));
    }
}

TEST_CASE("the largest values pass") {
    LoadOptions options;
    options.workload.account_count_hot = 10'000;
    options.workload.transfer_hot_percent = 0;
    options.clients = 64;
    CHECK(validate(options).has_value());
}
