#include "server/cli/program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/io/exit_code.hpp"

namespace elytra::cli {
namespace {

constexpr int succeeded = static_cast<int>(io::ExitCode::success);
constexpr int refused = static_cast<int>(io::ExitCode::refused);

std::string help_text(std::span<const Command> commands) {
    std::string text =
        "Elytra, a replicated database for double-entry accounting\n\n"
        "Usage: elytra <command> [flags] [<path>]\n\n";
    for (const Command& command : commands) {
        if (command.presence == Presence::hidden) continue;
        text += fmt::format("  {:<10}  {}\n", command.name, command.summary);
    }
    return text + "\nelytra <command> --help shows the flags of a command.\n";
}

std::vector<std::string_view> names_of(std::span<const Command> commands) {
    std::vector<std::string_view> names;
    for (const Command& command : commands) names.push_back(command.name);
    return names;
}

Refusal refuse_word(std::span<const Command> commands, std::string_view word) {
    const std::vector<std::string_view> names = names_of(commands);
    const std::string_view nearest = nearest_name(word, names);
    const std::string known = fmt::format("known are {}", fmt::join(names, ", "));
    return Refusal{
        {describe_error(word.empty() ? "''" : word, {},
                        "unknown command; " +
                            (nearest.empty() ? known : fmt::format("did you mean {}?", nearest)))}};
}

}  // namespace

int run_program(std::span<const Command> commands, Arguments arguments) {
    if (arguments.empty()) {
        return print_refusal({{fmt::format("a command is missing: {}; try elytra --help",
                                           fmt::join(names_of(commands), ", "))}});
    }
    const std::string_view first = arguments.front();
    const std::string_view word = first == "--version" || first == "-v" ? "version" : first;
    if (word == "--help" || word == "-h") return print_result(help_text(commands));
    const auto command = std::ranges::find(commands, word, &Command::name);
    if (command == commands.end()) return print_refusal(refuse_word(commands, word));
    return command->run(arguments.subspan(1));
}

int print_result(std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (written && std::fflush(stdout) == 0) return succeeded;
    return print_refusal({{describe_error("stdout", {}, std::strerror(errno))}});
}

int print_refusal(const Refusal& refusal) {
    for (const std::string& error : refusal.errors) {
        fmt::print(stderr, "error: {}\n", error);
    }
    return refused;
}

}  // namespace elytra::cli
