#pragma once

#include <string>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/records_access.hpp"

namespace elytractl::cli {

// elytractl history METRIC: a metric over all runs, and where its level changed.
class HistoryVerb {
public:
    // Outlives what CLI11 and main do with the two.
    HistoryVerb(CLI::App& app, Action& chosen);
    HistoryVerb(const HistoryVerb&) = delete;
    HistoryVerb& operator=(const HistoryVerb&) = delete;

private:
    ExitCode run();

    RecordsOptions records_;
    std::string metric_;
    std::string name_;
    std::string kind_;
};

}  // namespace elytractl::cli
