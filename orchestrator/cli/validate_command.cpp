#include "orchestrator/cli/validate_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/plan/build_plan.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"

namespace elytractl::cli {
namespace {

using Validated = elytra::Result<spec::BenchSpec, spec::Problems>;

spec::Json file_json(const std::string& path, const Validated& validated) {
    spec::Json problems = spec::Json::array();
    if (!validated.has_value()) {
        for (const spec::Problem& problem : validated.error()) {
            problems.push_back(to_json(problem));
        }
    }
    return {{"file", path}, {"valid", validated.has_value()}, {"problems", problems}};
}

std::string file_text(const std::string& path, const Validated& validated) {
    if (!validated.has_value()) return {};
    return fmt::format("{}: valid, {} measurements\n", path,
                       plan::build_bench_plan(*validated).measurements.size());
}

}  // namespace

ValidateVerb::ValidateVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand("validate", "Says what is wrong with run files");
    flags_.declare(*command);
    command->get_option("FILE")->required()->description(
        "Run files, each on its own; layers of -f are laid over each");
    command->add_flag("--json", json_, "Result in JSON");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode ValidateVerb::run() const {
    bool valid = true;
    std::string text;
    spec::Json list = spec::Json::array();
    for (const std::string& path : flags_.files()) {
        const Validated validated = spec::load_bench_spec(flags_.layers_over({path}));
        valid = valid && validated.has_value();
        list.push_back(file_json(path, validated));
        text += file_text(path, validated);
        if (!json_ && !validated.has_value()) print_problems(validated.error());
    }
    const spec::Json result = {{"valid", valid}, {"files", list}};
    const ExitCode code = valid ? ExitCode::success : ExitCode::usage;
    return json_ ? print_json(result, code) : print_result(text, code);
}

}  // namespace elytractl::cli
