#include <array>
#include <string_view>
#include <vector>

#include "server/cli/benchmark_command.hpp"
#include "server/cli/format_command.hpp"
#include "server/cli/inspect_command.hpp"
#include "server/cli/program.hpp"
#include "server/cli/start_command.hpp"
#include "server/cli/version_command.hpp"

namespace {

using elytra::cli::Arguments;
using elytra::cli::Command;
using elytra::cli::run_request;

constexpr std::array commands = {
    Command{"format", "Creates the data file of a replica",
            [](Arguments arguments) {
                return run_request(elytra::cli::parse_format_options(arguments),
                                   elytra::cli::run_format);
            }},
    Command{"start", "Serves a data file",
            [](Arguments arguments) {
                return run_request(elytra::cli::parse_start_options(arguments),
                                   elytra::cli::run_start);
            }},
    Command{"version", "Shows the version",
            [](Arguments arguments) {
                return run_request(elytra::cli::parse_version_options(arguments),
                                   elytra::cli::run_version);
            }},
    Command{"benchmark", "Measures a throwaway server or a running cluster",
            [](Arguments arguments) {
                return run_request(elytra::cli::parse_benchmark_options(arguments),
                                   elytra::cli::run_benchmark);
            }},
    Command{"inspect", "Shows or verifies what is in a data file",
            [](Arguments arguments) {
                return run_request(elytra::cli::parse_inspect_options(arguments),
                                   elytra::cli::run_inspect);
            }},
};

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    return elytra::cli::run_program(commands, arguments);
}
