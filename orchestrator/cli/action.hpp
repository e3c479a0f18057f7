#pragma once

#include <functional>
#include <string>
#include <utility>

#include "orchestrator/cli/exit_code.hpp"

namespace elytractl::cli {

// How a verb ended.
struct Outcome {
    // Implicit: few verbs have more to tell than their status.
    Outcome(ExitCode status) : code(status) {}

    Outcome(ExitCode status, std::string made) : code(status), run(std::move(made)) {}

    ExitCode code;
    std::string run;  // the id of the run that it has made; empty where it made none
};

// What the chosen verb does. The declaration of a verb sets it in the callback that CLI11 calls
// once all flags are parsed; main then calls it.
using Action = std::function<Outcome()>;

}  // namespace elytractl::cli
