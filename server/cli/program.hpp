#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "server/cli/flags.hpp"

namespace elytra::cli {

// One word that the program understands as its first argument.
struct Command {
    std::string_view name;
    std::string_view summary;
    int (*run)(Arguments arguments);  // behind the command; returns the exit status
    Presence presence = Presence::optional;
};

// Runs the command that the first argument names; returns the exit status.
int run_program(std::span<const Command> commands, Arguments arguments);

// Writes to stdout, the channel of results. A status other than 0 if not everything arrived.
int print_result(std::string_view text);

// One line per error on stderr, the channel for humans. Returns the exit status of a refusal.
int print_refusal(const Refusal& refusal);

// Does what a command line asks for.
template <class Options>
int run_request(const Request<Options>& request, int (*run)(const Options&)) {
    if (const auto* help = std::get_if<HelpText>(&request)) return print_result(help->text);
    if (const auto* refusal = std::get_if<Refusal>(&request)) return print_refusal(*refusal);
    return run(std::get<Options>(request));
}

}  // namespace elytra::cli
