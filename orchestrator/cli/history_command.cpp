#include "orchestrator/cli/history_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/records/run_history.hpp"

namespace elytractl::cli {

HistoryVerb::HistoryVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("history", "Shows a metric over all runs, and where it changed");
    command->add_option("metric", metric_, "Name of a metric: throughput, batch.p99")->required();
    command->add_option("--name", name_, "Only runs with this name");
    command->add_option("--kind", kind_, "Only runs of this kind");
    declare_records(*command, records_);
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode HistoryVerb::run() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    std::vector<records::MetricRow> rows = index->metrics(metric_);
    if (rows.empty()) {
        const std::vector<std::string> names = index->metric_names();
        print_error(fmt::format("no run has a metric {}; there is: {}", metric_,
                                names.empty() ? "none" : fmt::format("{}", fmt::join(names, " "))));
        return ExitCode::usage;
    }
    std::erase_if(rows, [&](const records::MetricRow& row) {
        return (!name_.empty() && row.name != name_) || (!kind_.empty() && row.kind != kind_);
    });
    const nlohmann::json history = records::history_json(metric_, rows);
    return print_record(records_, history, records::history_text(history));
}

}  // namespace elytractl::cli
