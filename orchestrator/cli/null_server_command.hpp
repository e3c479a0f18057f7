#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/exit_code.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl null-server: a server that does as little as one can, by which a load generator is
// measured. Behind the verb stands a server's own command line; it is not shown in the help,
// because other verbs start it.
class NullServerVerb {
public:
    // Outlives what CLI11 and main do with the two.
    NullServerVerb(CLI::App& app, Action& chosen);
    NullServerVerb(const NullServerVerb&) = delete;
    NullServerVerb& operator=(const NullServerVerb&) = delete;

private:
    ExitCode run() const;

    std::vector<std::string> arguments_;
};

}  // namespace elytractl::cli
