#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/records_access.hpp"

namespace elytractl::cli {

struct GarbageOptions {
    std::vector<std::string> runs;
    std::optional<std::uint64_t> keep;
    std::optional<std::uint64_t> older_than_days;
    bool dry_run = false;
    bool yes = false;
};

void declare_garbage(CLI::App& command, GarbageOptions& options);

// Removes the files of runs after showing every one of them. Refuses, before anything is removed,
// when a folder holds what no run has written, when a run that was named must stay, or when nobody
// confirms (spec/orchestrator 3.5).
ExitCode collect_garbage(const GarbageOptions& options, const RecordsOptions& records);

}  // namespace elytractl::cli
