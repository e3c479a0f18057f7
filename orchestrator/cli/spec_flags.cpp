#include "orchestrator/cli/spec_flags.hpp"

#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/spec/keys.hpp"

namespace elytractl::cli {
namespace {

// "--replicas" of "-n,--replicas".
std::string long_flag(std::string_view flags) {
    const std::size_t comma = flags.rfind(',');
    return std::string(comma == flags.npos ? flags : flags.substr(comma + 1));
}

void declare_named(CLI::App& command, const spec::NamedFlag& flag,
                   std::vector<spec::Override>& overrides) {
    const std::string flags(flag.flags);
    const std::string name = long_flag(flag.flags);
    const std::string pointer(flag.pointer);
    if (!flag.text.empty()) {
        const std::string text(flag.text);
        const std::string help = fmt::format("Sets {} to {}", flag.pointer, flag.text);
        command.add_flag_callback(
            flags,
            [name, pointer, text, &overrides] {
                overrides.push_back({name, pointer, text});
            },
            help);
        return;
    }
    const std::string help(spec::find_key(flag.pointer)->description);
    command.add_option_function<std::string>(
        flags,
        [name, pointer, &overrides](const std::string& text) {
            overrides.push_back({name, pointer, text});
        },
        help);
}

}  // namespace

void SpecFlags::declare(CLI::App& command) {
    command.add_option("FILE", files_, "Run files; later ones are laid over earlier ones");
    command
        .add_option("-f,--file", further_files_,
                    "A further layer (RFC 7386 merge patch); repeatable")
        ->allow_extra_args(false);
    for (const spec::NamedFlag& flag : spec::named_flags()) {
        declare_named(command, flag, overrides_);
    }
    command.add_option("--set", sets_, "A value of any key: --set /load/clients=4; repeatable")
        ->allow_extra_args(false);
}

spec::Layers SpecFlags::layers_over(std::vector<std::string> files) const {
    files.insert(files.end(), further_files_.begin(), further_files_.end());
    return {.files = std::move(files),
            .environment = process_environment(),
            .overrides = overrides_,
            .sets = sets_};
}

spec::Environment process_environment() {
    constexpr std::string_view prefix = "ELYTRACTL_";
    spec::Environment environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        const std::size_t equals = variable.find('=');
        if (!variable.starts_with(prefix) || equals == variable.npos) continue;
        environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    return environment;
}

void print_problems(const spec::Problems& problems) {
    for (const spec::Problem& problem : problems) print_error(to_text(problem));
}

}  // namespace elytractl::cli
