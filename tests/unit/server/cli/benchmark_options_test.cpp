#include "server/cli/benchmark_options.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace elytra;
using namespace elytra::cli;

namespace {

BenchmarkOptions accepted(std::vector<std::string_view> arguments) {
    const Request<BenchmarkOptions> request = parse_benchmark_options(arguments);
    REQUIRE(std::holds_alternative<BenchmarkOptions>(request));
    return std::get<BenchmarkOptions>(request);
}

std::string refused(std::vector<std::string_view> arguments) {
    const Request<BenchmarkOptions> request = parse_benchmark_options(arguments);
    REQUIRE(std::holds_alternative<Refusal>(request));
    REQUIRE(std::get<Refusal>(request).errors.size() == 1);
    return std::get<Refusal>(request).errors.front();
}

}  // namespace

TEST_CASE("benchmark needs no flag") {
    const BenchmarkOptions options = accepted({});
    CHECK(options.measurement.addresses.empty());
    CHECK(options.measurement.file.empty());
    CHECK(options.measurement.forwarded.empty());
    CHECK(options.measurement.load.workload.history);
    CHECK(options.measurement.load.workload.seed == 42);
    CHECK(options.format == ReportFormat::text);
}

TEST_CASE("benchmark takes what existing scripts pass") {
    const BenchmarkOptions options =
        accepted({"--transfer-count=10_000", "--transfer-batch-count=10", "--validate",
                  "--id-order=sequential", "--trace=T.json", "--statsd=127.0.0.1:65535", "--file=F",
                  "--no-history", "--transfer-batch-delay=1ms", "--json"});
    const bench::LoadOptions& load = options.measurement.load;
    CHECK(load.workload.transfer_count == 10'000);
    CHECK(load.transfer_batch_count == 10);
    CHECK(load.validate);
    CHECK(load.workload.id_order == bench::IdOrder::sequential);
    CHECK_FALSE(load.workload.history);
    CHECK(load.transfer_batch_delay_nanoseconds == 1'000'000);
    CHECK(options.measurement.file == "F");
    CHECK(options.format == ReportFormat::json);
    REQUIRE(options.measurement.forwarded.size() == 2);
    CHECK(options.measurement.forwarded[0].name == "statsd");
    CHECK(options.measurement.forwarded[1].name == "trace");
    CHECK(options.measurement.forwarded[1].text == "T.json");
}

TEST_CASE("a seed is a number or the digits of a commit") {
    const auto seed = [](std::string_view flag) {
        return accepted({flag}).measurement.load.workload.seed;
    };
    CHECK(seed("--seed=0") == 0);
    CHECK(seed("--seed=18446744073709551615") == UINT64_MAX);
    CHECK(seed("--seed=ffffffffffffffffffffffff0123456789abcdef") == 0x0123456789abcdef);
    CHECK(refused({"--seed=xyz"}).starts_with("--seed (xyz): only decimal digits"));
    CHECK(refused({"--seed=18446744073709551616"}).starts_with("--seed"));
    CHECK(refused({"--seed=gfffffffffffffffffffffff0123456789abcdef"}).starts_with("--seed"));
}

TEST_CASE("each impossible benchmark is refused by the flag concerned") {
    struct Row {
        std::vector<std::string_view> arguments;
        std::string_view error;
    };

    const Row rows[] = {
        {{"--account-count=1"}, "--account-count (1)"},
        {{"--account-count-hot=10001"}, "--account-count-hot (10001)"},
        {{"--account-distribution=normal"},
         "--account-distribution (normal): expected one of uniform, zipfian, latest"},
        {{"--id-order=foo"}, "--id-order (foo): expected one of tbid"},
        {{"--transfer-hot-percent=101"}, "--transfer-hot-percent (101)"},
        {{"--transfer-batch-count=0"}, "--transfer-batch-count (0)"},
        {{"--transfer-batch-count=8190"}, "--transfer-batch-count (8190)"},
        {{"--transfer-batch-delay=1"}, "--transfer-batch-delay (1): the unit is missing"},
        {{"--transfer-batch-delay=99999d"}, "--transfer-batch-delay (99999d): too long"},
        {{"--clients=0"}, "--clients (0)"},
        {{"--validate"}, "--validate"},
        {{"--validate", "--id-order=random", "--clients=2"}, "--validate"},
        {{"--addresses=0"}, "--addresses (0)"},
        {{"--addresses=3000", "--file=x"}, "--file"},
        {{"--addresses=3000", "--cache-grid=1GiB"}, "--cache-grid"},
        {{"--addresses=3000", "--log-debug-replica"}, "--log-debug-replica"},
        {{"extra"}, "extra: benchmark takes no such argument"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.error);
        CHECK(refused(row.arguments).starts_with(row.error));
    }
}
