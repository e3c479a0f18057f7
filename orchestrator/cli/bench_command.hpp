#pragma once

#include "orchestrator/cli/bench_options.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace elytractl::cli {

// elytractl bench: measures a throwaway cluster as often as asked and reports. Every server is
// ended and every file of ours removed when it returns. Requires: resolve(options) found nothing.
ExitCode run_bench(const BenchOptions& options);

}  // namespace elytractl::cli
