#pragma once

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/spec_flags.hpp"

namespace elytractl::cli {

// elytractl validate: says everything that is wrong with run files, each on its own.
class ValidateVerb {
public:
    // Outlives what CLI11 and main do with the two.
    ValidateVerb(CLI::App& app, Action& chosen);
    ValidateVerb(const ValidateVerb&) = delete;
    ValidateVerb& operator=(const ValidateVerb&) = delete;

private:
    ExitCode run() const;

    SpecFlags flags_;
    bool json_ = false;
};

}  // namespace elytractl::cli
