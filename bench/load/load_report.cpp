#include "bench/load/load_report.hpp"

#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/load/histogram_log.hpp"
#include "server/common/int.hpp"
#include "server/common/text.hpp"
#include "server/wire/header.hpp"

namespace elytra::bench {
namespace {

constexpr std::array<std::string_view, stage_count> stage_names{
    "register",          "create_accounts",   "create_transfers", "get_account_transfers",
    "validate_accounts", "validate_transfers"};

struct NamedQuantile {
    std::string_view name;
    Quantile quantile;
};

constexpr NamedQuantile text_quantiles[] = {
    {"p1", {1, 100}}, {"p50", {1, 2}}, {"p99", {99, 100}}, {"p100", {1, 1}}};

constexpr NamedQuantile json_quantiles[] = {{"p1", {1, 100}},
                                            {"p25", {1, 4}},
                                            {"p50", {1, 2}},
                                            {"p75", {3, 4}},
                                            {"p90", {9, 10}},
                                            {"p95", {95, 100}},
                                            {"p99", {99, 100}},
                                            {"p99.9", {999, 1000}},
                                            {"p99.99", {9999, 10'000}},
                                            {"p99.999", {99'999, 100'000}}};

using Text = std::back_insert_iterator<std::string>;

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

void append_latencies(Text text, std::string_view subject, const LatencyHistogram& latency) {
    for (const NamedQuantile& row : text_quantiles) {
        fmt::format_to(text, "{} latency {:<4} = {} ms\n", subject, row.name,
                       latency.at(row.quantile) / 1000);
    }
    fmt::format_to(text, "{} latency in us:", subject);
    for (const NamedQuantile& row : text_quantiles) {
        fmt::format_to(text, " {} {}", row.name, latency.at(row.quantile));
    }
    fmt::format_to(text, "\n");
}

nlohmann::json latency_json(const LatencyHistogram& latency) {
    nlohmann::json quantiles = nlohmann::json::object();
    for (const NamedQuantile& row : json_quantiles) {
        if (latency.supports(row.quantile)) quantiles[row.name] = latency.at(row.quantile);
    }
    return {{"unit", "us"},
            {"count", latency.count()},
            {"min", latency.min()},
            {"mean", latency.mean()},
            {"max", latency.max()},
            {"quantiles", std::move(quantiles)},
            {"histogram", encode_histogram(latency)}};
}

nlohmann::json stage_json(Stage stage, const StageResult& result) {
    return {{"stage", to_text(stage)},
            {"requests", result.requests},
            {"events", result.events},
            {"accepted", result.accepted},
            {"started_ns", result.started_nanoseconds},
            {"duration_ns", result.nanoseconds},
            {"accepted_per_second", result.throughput()},
            {"latency", latency_json(result.latency)}};
}

nlohmann::json options_json(const LoadOptions& options) {
    const WorkloadOptions& workload = options.workload;
    return {{"cluster", to_decimal(options.cluster.value)},
            {"release", wire::to_text(options.release)},
            {"clients", options.clients},
            {"account_count", workload.account_count},
            {"account_count_hot", workload.account_count_hot},
            {"account_distribution", to_text(workload.account_distribution)},
            {"account_batch_count", options.account_batch_count},
            {"transfer_count", workload.transfer_count},
            {"transfer_hot_percent", workload.transfer_hot_percent},
            {"transfer_pending", workload.transfer_pending},
            {"transfer_batch_count", options.transfer_batch_count},
            {"transfer_batch_delay_ns", options.transfer_batch_delay_nanoseconds},
            {"query_count", options.query_count},
            {"id_order", to_text(workload.id_order)},
            {"imported", workload.imported},
            {"history", workload.history},
            {"seed", workload.seed},
            {"validate", options.validate}};
}

}  // namespace

std::uint64_t StageResult::throughput() const {
    if (nanoseconds == 0) return 0;
    return narrow<std::uint64_t>(static_cast<u128>(accepted) * nanoseconds_per_second /
                                 nanoseconds);
}

std::string_view to_text(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

std::string text_report(const LoadOptions& options, const LoadResult& result) {
    std::string text;
    const Text out = std::back_inserter(text);
    const StageResult& transfers = result.stage(Stage::create_transfers);
    fmt::format_to(out, "{} batches in {:.2f} s\n", transfers.requests,
                   seconds(transfers.nanoseconds));
    fmt::format_to(out, "transfer batch size = {} txs\n", options.transfer_batch_count);
    fmt::format_to(out, "transfer batch delay = {}\n",
                   format_duration(options.transfer_batch_delay_nanoseconds));
    fmt::format_to(out, "load accepted = {} tx/s\n", transfers.throughput());
    append_latencies(out, "batch", transfers.latency);
    if (options.query_count > 0) {
        const StageResult& queries = result.stage(Stage::get_account_transfers);
        fmt::format_to(out, "\n{} queries in {:.2f} s\n", queries.requests,
                       seconds(queries.nanoseconds));
        append_latencies(out, "query", queries.latency);
    }
    if (options.validate) {
        fmt::format_to(out, "validated {} accounts\nvalidated {} transfers\n",
                       result.stage(Stage::validate_accounts).accepted,
                       result.stage(Stage::validate_transfers).accepted);
    }
    if (options.checksum_performance) {
        fmt::format_to(out, "message size max = {} bytes\nchecksum message size max = {} us\n",
                       wire::message_size_max, result.checksum_nanoseconds / 1000);
    }
    return text;
}

nlohmann::json json_report(const LoadOptions& options, const LoadResult& result) {
    nlohmann::json stages = nlohmann::json::array();
    for (std::size_t index = 0; index < stage_count; ++index) {
        if (result.stages[index].requests == 0) continue;
        stages.push_back(stage_json(static_cast<Stage>(index), result.stages[index]));
    }
    nlohmann::json report{{"started_unix_ns", result.started.nanoseconds},
                          {"options", options_json(options)},
                          {"stages", std::move(stages)},
                          {"passed", result.passed()},
                          {"errors", result.errors}};
    if (options.checksum_performance) report["checksum_message_ns"] = result.checksum_nanoseconds;
    return report;
}

std::string histogram_log(const LoadResult& result) {
    std::string log = histogram_log_header(result.started);
    for (std::size_t index = 0; index < stage_count; ++index) {
        const StageResult& stage = result.stages[index];
        if (stage.requests == 0) continue;
        const HistogramInterval interval{
            .tag = stage_names[index],
            .start_milliseconds = stage.started_nanoseconds / nanoseconds_per_millisecond,
            .length_milliseconds = stage.nanoseconds / nanoseconds_per_millisecond};
        log += histogram_log_line(interval, stage.latency);
    }
    return log;
}

std::string format_duration(std::uint64_t nanoseconds) {
    constexpr std::pair<std::uint64_t, std::string_view> units[] = {
        {60 * 60 * nanoseconds_per_second, "h"}, {60 * nanoseconds_per_second, "m"},
        {nanoseconds_per_second, "s"},           {nanoseconds_per_millisecond, "ms"},
        {nanoseconds_per_microsecond, "us"},     {1, "ns"}};
    if (nanoseconds == 0) return "0ns";
    std::string text;
    for (const auto& [size, name] : units) {
        if (nanoseconds >= size) text += fmt::format("{}{}", nanoseconds / size, name);
        nanoseconds %= size;
    }
    return text;
}

}  // namespace elytra::bench
