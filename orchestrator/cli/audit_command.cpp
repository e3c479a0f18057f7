#include "orchestrator/cli/audit_command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/cli/own_program.hpp"
#include "orchestrator/cli/spec_flags.hpp"
#include "orchestrator/records/command_log.hpp"
#include "orchestrator/report/result_reading.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::cli {
namespace {

using records::LoggedCommand;

constexpr const char* replay_verb = "replay";

// "cd DIRECTORY && ELYTRACTL_RUNS=x elytractl bench", which a shell understands.
std::string shell_text(const LoggedCommand& command) {
    std::string text =
        fmt::format("cd {} && ", report::shell_command(nlohmann::json::array({command.directory})));
    for (const auto& [name, value] : command.environment) {
        text += fmt::format("{}={} ", name, report::shell_command(nlohmann::json::array({value})));
    }
    return text + report::shell_command(command.arguments);
}

// Why a command cannot be repeated; empty where it can.
std::string obstacle(const LoggedCommand& command) {
    if (command.cut || command.arguments.size() < 2) {
        return "was too long to be kept whole";
    }
    if (command.arguments[1] == replay_verb) return "is itself a replay; name the command it ran";
    if (::access(command.directory.c_str(), X_OK) != 0) {
        return fmt::format("was given in {}, where nobody can go: {}", command.directory,
                           elytra::io::error_text(errno));
    }
    return {};
}

// Returns only when it has failed.
std::string become(const LoggedCommand& command) {
    if (::chdir(command.directory.c_str()) != 0) return elytra::io::error_text(errno);
    for (const auto& [name, value] : process_environment()) ::unsetenv(name.c_str());
    for (const auto& [name, value] : command.environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    std::vector<std::string> words = command.arguments;
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(own_path().c_str(), pointers.data());
    return elytra::io::error_text(errno);
}

}  // namespace

AuditVerb::AuditVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("audit", "Lists the commands that changed or measured something");
    command->add_option("-n,--last", count_, "The newest so many")->capture_default_str();
    command->add_flag("--json", json_, "Print JSON");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode AuditVerb::run() const {
    const records::CommandLog log(records::default_state_folder());
    const nlohmann::json list = records::command_list_json(log.read(), count_);
    return json_ ? print_json(list) : print_result(records::command_list_text(list));
}

ReplayVerb::ReplayVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        replay_verb, "Gives a command of the list of `audit` again, where it was given");
    command->add_option("number", number_, "As `elytractl audit` shows it")->required();
    command->add_flag("--dry-run", dry_run_, "Print the command and do nothing");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode ReplayVerb::run() const {
    const std::vector<LoggedCommand> commands =
        records::CommandLog(records::default_state_folder()).read();
    const auto command = std::ranges::find(commands, number_, &LoggedCommand::number);
    if (command == commands.end()) {
        return refuse(
            fmt::format("{}: there is no such command; elytractl audit shows them", number_),
            ExitCode::usage);
    }
    const std::string reason = obstacle(*command);
    if (!reason.empty()) {
        return refuse(fmt::format("command {} {}", number_, reason), ExitCode::refused);
    }
    if (dry_run_) return print_result(shell_text(*command) + "\n");
    fmt::print(stderr, "{}\n", shell_text(*command));
    return refuse(fmt::format("cannot run command {}: {}", number_, become(*command)),
                  ExitCode::unclassified);
}

}  // namespace elytractl::cli
