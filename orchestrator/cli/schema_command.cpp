#include "orchestrator/cli/schema_command.hpp"

#include <CLI/CLI.hpp>

#include "orchestrator/cli/spec_flags.hpp"
#include "orchestrator/spec/schema.hpp"

namespace elytractl::cli {
namespace {

ExitCode print_schema() {
    const bool printed = print_result(spec::bench_schema_text());
    return printed ? ExitCode::success : ExitCode::unclassified;
}

}  // namespace

SchemaVerb::SchemaVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("schema", "Shows the JSON Schema of run files, for editors");
    command->callback([&chosen] { chosen = print_schema; });
}

}  // namespace elytractl::cli
