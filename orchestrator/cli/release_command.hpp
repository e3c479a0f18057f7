#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl release add|ls|verify: the store of server programs by the hash of their bytes.
class ReleaseVerb {
public:
    // Outlives what CLI11 and main do with the two.
    ReleaseVerb(CLI::App& app, Action& chosen);
    ReleaseVerb(const ReleaseVerb&) = delete;
    ReleaseVerb& operator=(const ReleaseVerb&) = delete;

private:
    ExitCode add() const;
    ExitCode list() const;
    ExitCode verify() const;

    std::vector<std::string> wishes_;  // NAME=PATH
    std::optional<std::string> name_;
    bool replace_ = false;
    bool json_ = false;
};

}  // namespace elytractl::cli
