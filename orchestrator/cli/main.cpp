#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "orchestrator/cli/action.hpp"
#include "orchestrator/cli/bench_command.hpp"
#include "orchestrator/cli/doctor_command.hpp"
#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/release_command.hpp"
#include "server/common/build_info.hpp"
#include "server/io/signals.hpp"

int main(int argc, char** argv) {
    using elytractl::cli::ExitCode;
    CLI::App app(
        "Runs and measures throwaway clusters of elytra, or of any server with its command line.",
        "elytractl");
    app.set_version_flag("--version", fmt::format("elytractl version {}+{}", elytra::build_version,
                                                  elytra::build_commit));
    app.require_subcommand(1);
    elytractl::cli::Action chosen;
    const elytractl::cli::BenchVerb bench(app, chosen);
    const elytractl::cli::DoctorVerb doctor(app, chosen);
    const elytractl::cli::ReleaseVerb release(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;  // for help or version
        app.exit(error);
        return static_cast<int>(asked ? ExitCode::success : ExitCode::usage);
    }
    elytra::io::ignore_write_signals();
    return static_cast<int>(chosen());
}
