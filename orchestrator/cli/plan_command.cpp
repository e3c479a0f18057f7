#include "orchestrator/cli/plan_command.hpp"

#include <CLI/CLI.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/plan/build_plan.hpp"
#include "orchestrator/plan/plan_report.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"

namespace elytractl::cli {

ExitCode print_plan(const plan::Plan& plan, ResultFormat format) {
    return format == ResultFormat::json ? print_json(plan::plan_json(plan))
                                        : print_result(plan::plan_text(plan));
}

PlanVerb::PlanVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("plan", "Shows what bench would do with the same arguments");
    flags_.declare(*command);
    command->add_flag("--json", json_, "Plan in JSON");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode PlanVerb::run() const {
    const auto spec = spec::load_bench_spec(flags_.layers());
    if (!spec.has_value()) {
        print_problems(spec.error());
        return ExitCode::usage;
    }
    const plan::Plan plan = plan::build_bench_plan(*spec);
    return print_plan(plan, json_ ? ResultFormat::json : ResultFormat::text);
}

}  // namespace elytractl::cli
