#pragma once

#include <string>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl completion: the script with which a shell completes verbs, flags and values.
class CompletionVerb {
public:
    // Outlives what CLI11 and main do with the two. Reads all verbs of `app` when it runs.
    CompletionVerb(CLI::App& app, Action& chosen);
    CompletionVerb(const CompletionVerb&) = delete;
    CompletionVerb& operator=(const CompletionVerb&) = delete;

private:
    ExitCode run() const;

    const CLI::App& app_;
    std::string shell_;
};

}  // namespace elytractl::cli
