#include "orchestrator/cli/completion_command.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "orchestrator/cli/command_tree.hpp"
#include "orchestrator/cli/completion_script.hpp"
#include "orchestrator/cli/console.hpp"

namespace elytractl::cli {
namespace {

// In the order of the enumerators.
const std::vector<std::string> shell_names{"bash", "zsh", "fish"};

}  // namespace

CompletionVerb::CompletionVerb(CLI::App& app, Action& chosen) : app_(app) {
    CLI::App* const command = app.add_subcommand(
        "completion", "Prints a script that completes words: source <(elytractl completion bash)");
    command->add_option("shell", shell_, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember(shell_names));
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode CompletionVerb::run() const {
    const auto found = std::ranges::find(shell_names, shell_);
    const auto shell = static_cast<Shell>(found - shell_names.begin());
    return print_result(completion_script(shell, command_tree(app_)));
}

}  // namespace elytractl::cli
