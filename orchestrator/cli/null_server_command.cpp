#include "orchestrator/cli/null_server_command.hpp"

#include <string_view>

#include <CLI/CLI.hpp>

#include "bench/null/null_server.hpp"

namespace elytractl::cli {

NullServerVerb::NullServerVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("null-server", "Serves requests without executing them");
    command->group("");
    command->set_help_flag();
    command->prefix_command();
    command->callback([this, command, &chosen] {
        arguments_ = command->remaining();
        chosen = [this] { return run(); };
    });
}

ExitCode NullServerVerb::run() const {
    const std::vector<std::string_view> arguments(arguments_.begin(), arguments_.end());
    return static_cast<ExitCode>(elytra::bench::run_null_server(arguments));
}

}  // namespace elytractl::cli
