#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/plan/build_plan.hpp"
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
    // Of each subject, for those who measure it again; empty: that of `spec`.
    std::vector<spec::Json> documents = {};
    plan::CompareOptions compare_options = {};  // of a comparison
    // Of a run that is measured again: its id, and the SHA-256 that the programs must have.
    std::string rerun_of = {};
    std::vector<std::string> digests = {};
};

// Resolves the programs, measures, records, prints the report; with --dry-run the plan alone.
Outcome run_bench(BenchRequest request, const BenchFlags& flags);

}  // namespace elytractl::cli
