#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/plan/plan.hpp"
#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/spec/bench_spec.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// What all verbs that measure have in common.
struct BenchFlags {
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
    std::string events;  // path or "-"; empty: none
    std::string output;  // the result in JSON goes there too

    void declare(CLI::App& command);
};

// What shall be measured.
struct BenchRequest {
    report::RunKind kind = report::RunKind::bench;
    plan::Plan plan;
    spec::BenchSpec spec;  // thresholds, seed and report
    std::optional<double> p99_max_microseconds;
    bool until_decided = false;
    // Of each subject of the plan: what was set for it alone; empty where nothing can be.
    std::vector<std::vector<std::string>> settings = {};
};

// Resolves the programs, measures, records, prints the report; with --dry-run the plan alone.
ExitCode run_bench(BenchRequest request, const BenchFlags& flags);

}  // namespace elytractl::cli
