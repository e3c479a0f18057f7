#pragma once

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/spec_flags.hpp"

namespace elytractl::cli {

// elytractl explain: every value that is in force and where it was said, or the keys themselves.
class ExplainVerb {
public:
    // Outlives what CLI11 and main do with the two.
    ExplainVerb(CLI::App& app, Action& chosen);
    ExplainVerb(const ExplainVerb&) = delete;
    ExplainVerb& operator=(const ExplainVerb&) = delete;

private:
    ExitCode run() const;

    SpecFlags flags_;
    bool keys_ = false;
    bool json_ = false;
};

}  // namespace elytractl::cli
