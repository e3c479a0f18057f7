#include "orchestrator/cli/why_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/records/explanation.hpp"

namespace elytractl::cli {
namespace {

// The youngest run that went wrong; where none did, the youngest.
std::optional<records::StoredRun> run_to_explain(records::RunIndex& index) {
    const std::vector<records::RunRow> rows = index.runs();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (row->state == "missing") continue;
        records::StoredRun run = records::read_run(index.directory(), row->id);
        if (records::needs_explanation(run.result)) return run;
    }
    return load_run(index, "");
}

}  // namespace

WhyVerb::WhyVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand("why", "Explains a run that went wrong");
    command->add_option("run", run_, "A run; by default the youngest that went wrong");
    declare_records(*command, records_);
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode WhyVerb::run() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    const auto found = run_.empty() ? run_to_explain(*index) : load_run(*index, run_);
    if (!found) return ExitCode::usage;
    const nlohmann::json explanation = records::explanation_json(*found);
    return print_record(records_, explanation, records::explanation_text(explanation));
}

}  // namespace elytractl::cli
