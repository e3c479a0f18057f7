#include "orchestrator/cli/command_record.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/cli/own_program.hpp"
#include "orchestrator/cli/spec_flags.hpp"
#include "orchestrator/records/command_log.hpp"
#include "server/io/clock.hpp"

namespace elytractl::cli {
namespace {

constexpr std::uint64_t nanoseconds_per_millisecond = 1'000'000;

// Those that change nothing and measure nothing. A replay becomes the command that it repeats,
// which is then recorded in its own name.
constexpr std::array<std::string_view, 16> looking{
    "validate", "plan",    "explain",     "schema",    "history",    "why",
    "doctor",   "runs ls", "runs show",   "runs diff", "release ls", "release verify",
    "audit",    "replay",  "null-server", "completion"};

// "runs gc"; whether a flag of it says that nothing shall be done.
struct ChosenVerb {
    std::string name;
    bool dry = false;
};

ChosenVerb verb_of(const CLI::App& app) {
    ChosenVerb verb;
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        if (!verb.name.empty()) verb.name += ' ';
        verb.name += at->get_name();
        const CLI::Option* const dry = at->get_option_no_throw("--dry-run");
        verb.dry = verb.dry || (dry != nullptr && dry->count() > 0);
    }
    return verb;
}

bool is_recorded(const ChosenVerb& verb) {
    return !verb.dry && std::ranges::find(looking, verb.name) == looking.end();
}

std::string user_name() {
    const passwd* const entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : fmt::to_string(::geteuid());
}

records::CommandBegin this_command() {
    std::error_code error;
    return {.time = elytra::io::wall_now(),
            .directory = std::filesystem::current_path(error).string(),
            .arguments = own_command(),
            .environment = process_environment(),
            .process = ::getpid(),
            .user = user_name()};
}

}  // namespace

ExitCode run_recorded(const CLI::App& app, const Action& chosen) {
    if (!is_recorded(verb_of(app))) return chosen().code;
    records::CommandLog log(records::default_state_folder());
    const elytra::Instant start = elytra::io::monotonic_now();
    const auto number = log.begin(this_command());
    if (!number.has_value()) {
        print_warning(fmt::format("this command is not recorded: {}", number.error()));
        return chosen().code;
    }
    const Outcome outcome = chosen();
    const std::uint64_t taken = elytra::io::monotonic_now().nanoseconds - start.nanoseconds;
    const auto ended =
        log.end(*number, {.status = static_cast<int>(outcome.code),
                          .duration_milliseconds = taken / nanoseconds_per_millisecond,
                          .run = outcome.run});
    if (!ended.has_value()) {
        print_warning(fmt::format("the end of this command is not recorded: {}", ended.error()));
    }
    return outcome.code;
}

}  // namespace elytractl::cli
