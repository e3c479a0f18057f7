#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/audit_command.hpp"
#include "orchestrator/cli/bench_command.hpp"
#include "orchestrator/cli/bundle_command.hpp"
#include "orchestrator/cli/command_record.hpp"
#include "orchestrator/cli/completion_command.hpp"
#include "orchestrator/cli/doctor_command.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/explain_command.hpp"
#include "orchestrator/cli/history_command.hpp"
#include "orchestrator/cli/init_command.hpp"
#include "orchestrator/cli/null_server_command.hpp"
#include "orchestrator/cli/plan_command.hpp"
#include "orchestrator/cli/release_command.hpp"
#include "orchestrator/cli/report_command.hpp"
#include "orchestrator/cli/runs_command.hpp"
#include "orchestrator/cli/schema_command.hpp"
#include "orchestrator/cli/validate_command.hpp"
#include "orchestrator/cli/why_command.hpp"
#include "server/common/build_info.hpp"
#include "server/io/signals.hpp"

int main(int argc, char** argv) {
    using elytractl::cli::ExitCode;
    CLI::App app(
        "Runs and measures throwaway clusters of elytra, or of any server with its command line.",
        "elytractl");
    app.set_version_flag("--version", fmt::format("elytractl version {}+{}", elytra::build_version,
                                                  elytra::build_commit));
    app.require_subcommand(1);
    elytractl::cli::Action chosen;
    const elytractl::cli::BenchVerb bench(app, chosen);
    const elytractl::cli::CompareVerb compare(bench.command(), chosen);
    const elytractl::cli::SweepVerb sweep(bench.command(), chosen);
    const elytractl::cli::NullVerb null(bench.command(), chosen);
    const elytractl::cli::ReportVerb report(bench.command(), chosen);
    const elytractl::cli::NullServerVerb null_server(app, chosen);
    const elytractl::cli::InitVerb init(app, chosen);
    const elytractl::cli::ValidateVerb validate(app, chosen);
    const elytractl::cli::PlanVerb plan(app, chosen);
    const elytractl::cli::ExplainVerb explain(app, chosen);
    const elytractl::cli::SchemaVerb schema(app, chosen);
    const elytractl::cli::BundleVerb bundle(app, chosen);
    const elytractl::cli::HistoryVerb history(app, chosen);
    const elytractl::cli::RunsVerb runs(app, chosen);
    const elytractl::cli::WhyVerb why(app, chosen);
    const elytractl::cli::DoctorVerb doctor(app, chosen);
    const elytractl::cli::ReleaseVerb release(app, chosen);
    const elytractl::cli::AuditVerb audit(app, chosen);
    const elytractl::cli::ReplayVerb replay(app, chosen);
    const elytractl::cli::CompletionVerb completion(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;  // for help or version
        app.exit(error);
        return static_cast<int>(asked ? ExitCode::success : ExitCode::usage);
    }
    elytra::io::ignore_write_signals();
    return static_cast<int>(elytractl::cli::run_recorded(app, chosen));
}
