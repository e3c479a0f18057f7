#include "orchestrator/cli/explain_command.hpp"

#include <CLI/CLI.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/spec/explain.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"

namespace elytractl::cli {

ExplainVerb::ExplainVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("explain", "Shows every value of a run file and where it comes from");
    flags_.declare(*command);
    command->add_flag("--keys", keys_, "Explain the keys of run files instead");
    command->add_flag("--json", json_, "Result in JSON");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode ExplainVerb::run() const {
    if (keys_) return json_ ? print_json(spec::keys_json()) : print_result(spec::keys_text());
    const auto document = spec::load_document(flags_.layers());
    if (!document.has_value()) {
        print_problems(document.error());
        return ExitCode::usage;
    }
    const auto spec = spec::build_bench_spec(*document);
    if (!spec.has_value()) {
        print_problems(spec.error());
        return ExitCode::usage;
    }
    const std::vector<spec::Explained> values = spec::explain(*document);
    return json_ ? print_json(spec::explain_json(values))
                 : print_result(spec::explain_text(values));
}

}  // namespace elytractl::cli
