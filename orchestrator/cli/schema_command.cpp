#include "orchestrator/cli/schema_command.hpp"

#include <CLI/CLI.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/spec/schema.hpp"

namespace elytractl::cli {
namespace {

ExitCode print_schema() { return print_result(spec::bench_schema_text()); }

}  // namespace

SchemaVerb::SchemaVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("schema", "Shows the JSON Schema of run files, for editors");
    command->callback([&chosen] { chosen = print_schema; });
}

}  // namespace elytractl::cli
