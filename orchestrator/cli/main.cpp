#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "orchestrator/cli/bench_command.hpp"
#include "orchestrator/cli/bench_options.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "server/common/build_info.hpp"

int main(int argc, char** argv) {
    using elytractl::cli::ExitCode;
    CLI::App app(
        "Runs and measures throwaway clusters of elytra, or of any server with its command line.",
        "elytractl");
    app.set_version_flag("--version", fmt::format("elytractl version {}+{}", elytra::build_version,
                                                  elytra::build_commit));
    app.require_subcommand(1);
    elytractl::cli::BenchOptions bench;
    CLI::App* const command =
        app.add_subcommand("bench", "Measures a throwaway cluster under load");
    elytractl::cli::declare_bench(*command, bench);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;  // for help or version
        app.exit(error);
        return static_cast<int>(asked ? ExitCode::success : ExitCode::usage);
    }
    const std::string impossible = elytractl::cli::resolve(bench);
    if (!impossible.empty()) {
        fmt::print(stderr, "error: {}\n", impossible);
        return static_cast<int>(ExitCode::usage);
    }
    return static_cast<int>(elytractl::cli::run_bench(bench));
}
