#pragma once

#include <string>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl bench report: renders the result of a run again. Writes no file that exists already.
class ReportVerb {
public:
    // `bench` is the verb below which this one stands. Outlives what CLI11 and main do with the
    // two.
    ReportVerb(CLI::App& bench, Action& chosen);
    ReportVerb(const ReportVerb&) = delete;
    ReportVerb& operator=(const ReportVerb&) = delete;

private:
    ExitCode run();

    std::string run_;          // id, folder or file
    std::string runs_folder_;  // where ids are looked up
    std::string format_;
    std::string output_path_;  // empty: standard output
};

}  // namespace elytractl::cli
