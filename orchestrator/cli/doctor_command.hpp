#pragma once

#include <string>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl doctor: says whether this machine can run servers and give numbers, and what to change.
// Leaves nothing behind and changes nothing.
class DoctorVerb {
public:
    // Outlives what CLI11 and main do with the two.
    DoctorVerb(CLI::App& app, Action& chosen);
    DoctorVerb(const DoctorVerb&) = delete;
    DoctorVerb& operator=(const DoctorVerb&) = delete;

private:
    ExitCode run() const;

    std::string directory_ = ".";
    bool json_ = false;
};

}  // namespace elytractl::cli
