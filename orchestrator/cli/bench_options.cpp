#include "orchestrator/cli/bench_options.hpp"

#include <filesystem>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/workload/id_sequence.hpp"
#include "bench/workload/key_distribution.hpp"
#include "server/common/time.hpp"
#include "server/io/clock.hpp"

namespace elytractl::cli {
namespace {

// By default the elytra beside this program.
std::string default_binary() {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? "elytra" : (self.parent_path() / "elytra").string();
}

template <class Enum, class Names>
std::map<std::string, Enum> choices(const Names& names) {
    std::map<std::string, Enum> map;
    int value = 0;
    for (const auto& name : names) map.emplace(std::string(name), static_cast<Enum>(value++));
    return map;
}

}  // namespace

void declare_bench(CLI::App& command, BenchOptions& options) {
    using elytra::bench::DistributionKind;
    using elytra::bench::IdOrder;
    elytra::bench::LoadOptions& load = options.measurement.load;
    options.binary = default_binary();
    load.workload.transfer_count = 1'000'000;
    command.add_option("--binary", options.binary, "Server to measure")->capture_default_str();
    command.add_option("-n,--replicas", options.replicas, "Replicas of the cluster: 1");
    command.add_option("--clients", load.clients, "Sessions that send at the same time");
    command
        .add_option("--repeat", options.repeat, "Measurements, each with a fresh server and file")
        ->check(CLI::Range(1, 1000));
    command.add_option("--transfers", load.workload.transfer_count, "Transfers to create")
        ->capture_default_str();
    command.add_option("--accounts", load.workload.account_count, "Accounts to create")
        ->capture_default_str();
    command.add_option("--batch", load.transfer_batch_count, "Transfers in a request")
        ->capture_default_str();
    command.add_option("--batch-delay-ms", options.transfer_batch_delay_milliseconds,
                       "Pause of a client after each request");
    command.add_option("--queries", load.query_count, "Queries after the transfers")
        ->capture_default_str();
    command
        .add_option("--distribution", load.workload.account_distribution, "How accounts are chosen")
        ->transform(
            CLI::CheckedTransformer(choices<DistributionKind>(elytra::bench::distribution_names)));
    command.add_option("--id-order", load.workload.id_order, "Ids of the objects")
        ->transform(CLI::CheckedTransformer(choices<IdOrder>(elytra::bench::id_order_names)));
    command.add_option("--seed", load.workload.seed, "Of everything drawn")->capture_default_str();
    command.add_flag("--pending", load.workload.transfer_pending,
                     "Make 30 % of the transfers pending");
    command.add_flag("--validate", load.validate, "Read everything back and compare");
    command.add_flag("--json", options.json, "Report in JSON");
    command.add_option("-o,--output", options.json_path,
                       "Write the JSON report to this file as well");
    command.add_option("--hdr", options.hdr_path, "Write the histograms as an HdrHistogram V2 log");
}

std::string resolve(BenchOptions& options) {
    if (options.replicas != 1) {
        return fmt::format("--replicas ({}): this version runs clusters of one replica",
                           options.replicas);
    }
    for (const std::string& path : {options.json_path, options.hdr_path}) {
        if (!path.empty() && std::filesystem::exists(path)) {
            return fmt::format("{}: exists already; name another file or remove it", path);
        }
    }
    elytra::bench::BenchmarkOptions& measurement = options.measurement;
    measurement.executable = options.binary;
    measurement.load.transfer_batch_delay_nanoseconds =
        options.transfer_batch_delay_milliseconds * elytra::nanoseconds_per_millisecond;
    measurement.load.workload.id_base = elytra::io::wall_now();
    const auto valid = elytra::bench::validate(measurement);
    return valid.has_value() ? std::string() : valid.error();
}

}  // namespace elytractl::cli
