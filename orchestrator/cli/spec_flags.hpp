#pragma once

#include <string>
#include <vector>

#include "orchestrator/spec/layers.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// The flags of every verb that reads a run file: -f, --set and the named ones. Values are not
// checked here; spec does that with those of the files.
class SpecFlags {
public:
    SpecFlags() = default;
    SpecFlags(const SpecFlags&) = delete;
    SpecFlags& operator=(const SpecFlags&) = delete;

    // Declares them on a command, files without a flag among them. Outlives the parse of CLI11.
    void declare(CLI::App& command);

    // Files that were named without a flag.
    const std::vector<std::string>& files() const { return files_; }

    // One run file of all layers, or each of files() with the other layers on top.
    spec::Layers layers() const { return layers_over(files_); }

    spec::Layers layers_over(std::vector<std::string> files) const;

private:
    std::vector<std::string> files_;
    std::vector<std::string> further_files_;
    std::vector<spec::Override> overrides_;
    std::vector<std::string> sets_;
};

// The variables of this process that spec asks for.
spec::Environment process_environment();

// One line each on stderr: "error: bench.json:7:16: /load/clients (0): must be ...".
void print_problems(const spec::Problems& problems);

}  // namespace elytractl::cli
