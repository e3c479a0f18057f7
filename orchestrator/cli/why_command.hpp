#pragma once

#include <string>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/records_access.hpp"

namespace elytractl::cli {

// elytractl why [RUN]: explains a run in ten lines; by default the youngest that went wrong.
class WhyVerb {
public:
    // Outlives what CLI11 and main do with the two.
    WhyVerb(CLI::App& app, Action& chosen);
    WhyVerb(const WhyVerb&) = delete;
    WhyVerb& operator=(const WhyVerb&) = delete;

private:
    ExitCode run();

    RecordsOptions records_;
    std::string run_;
};

}  // namespace elytractl::cli
