#include "orchestrator/cli/doctor_command.hpp"

#include <cstddef>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/host/doctor.hpp"
#include "orchestrator/host/doctor_report.hpp"
#include "orchestrator/host/host_facts.hpp"
#include "orchestrator/progress/terminal.hpp"

namespace elytractl::cli {
namespace {

constexpr std::size_t columns_default = 80;  // also for a file or a pipe

}  // namespace

DoctorVerb::DoctorVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("doctor", "Checks whether this machine is fit for servers and numbers");
    command->add_option("--dir", directory_, "Where data files will lie")->capture_default_str();
    command->add_flag("--json", json_, "For programs");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode DoctorVerb::run() const {
    const host::HostFacts facts = host::read_host_facts(directory_);
    const auto findings = host::diagnose(facts);
    const std::size_t columns = progress::terminal_columns(STDOUT_FILENO).value_or(columns_default);
    const ExitCode code =
        host::host_suitable(findings) ? ExitCode::success : ExitCode::host_unsuitable;
    return json_ ? print_json(host::doctor_json(findings, facts), code)
                 : print_result(host::doctor_text(findings, columns), code);
}

}  // namespace elytractl::cli
