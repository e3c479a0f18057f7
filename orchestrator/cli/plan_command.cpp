#include "orchestrator/cli/plan_command.hpp"

#include <CLI/CLI.hpp>

#include "orchestrator/plan/build_plan.hpp"
#include "orchestrator/plan/plan_report.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"

namespace elytractl::cli {

bool print_plan(const plan::Plan& plan, ResultFormat format) {
    constexpr int json_indent = 2;
    return print_result(format == ResultFormat::json
                            ? plan::plan_json(plan).dump(json_indent) + "\n"
                            : plan::plan_text(plan));
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
    const bool printed = print_plan(plan, json_ ? ResultFormat::json : ResultFormat::text);
    return printed ? ExitCode::success : ExitCode::unclassified;
}

}  // namespace elytractl::cli
