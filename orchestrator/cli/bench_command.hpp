#pragma once

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/bench_options.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace elytractl::cli {

// elytractl bench: measures a throwaway cluster as often as asked and reports. Every server is
// ended and every file of ours removed when the action returns.
class BenchVerb {
public:
    // Outlives what CLI11 and main do with the two.
    BenchVerb(CLI::App& app, Action& chosen);
    BenchVerb(const BenchVerb&) = delete;
    BenchVerb& operator=(const BenchVerb&) = delete;

private:
    ExitCode run();

    BenchOptions options_;
};

}  // namespace elytractl::cli
