#pragma once

#include <string>

#include "orchestrator/cli/action.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl init: writes a run file to start from. Never over another file.
class InitVerb {
public:
    // Outlives what CLI11 and main do with the two.
    InitVerb(CLI::App& app, Action& chosen);
    InitVerb(const InitVerb&) = delete;
    InitVerb& operator=(const InitVerb&) = delete;

private:
    ExitCode run() const;

    std::string path_ = "bench.json";
};

}  // namespace elytractl::cli
