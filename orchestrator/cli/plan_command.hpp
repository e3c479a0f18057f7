#pragma once

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/spec_flags.hpp"
#include "orchestrator/plan/plan.hpp"

namespace elytractl::cli {

enum class ResultFormat : bool { text, json };

// A plan on stdout, as `plan` and `bench --dry-run` show it.
ExitCode print_plan(const plan::Plan& plan, ResultFormat format);

// elytractl plan: what `bench` would do with the same arguments.
class PlanVerb {
public:
    // Outlives what CLI11 and main do with the two.
    PlanVerb(CLI::App& app, Action& chosen);
    PlanVerb(const PlanVerb&) = delete;
    PlanVerb& operator=(const PlanVerb&) = delete;

private:
    ExitCode run() const;

    SpecFlags flags_;
    bool json_ = false;
};

}  // namespace elytractl::cli
