#include "orchestrator/cli/doctor_command.hpp"

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "orchestrator/host/doctor.hpp"
#include "orchestrator/host/doctor_report.hpp"
#include "orchestrator/host/host_facts.hpp"

namespace elytractl::cli {
namespace {

constexpr int json_indent = 2;
constexpr std::size_t width_default = 80;

// COLUMNS, or what the terminal tells; a file or a pipe gets one list.
std::size_t output_width() {
    if (const char* const columns = std::getenv("COLUMNS"); columns != nullptr) {
        const std::string_view text = columns;
        std::size_t width = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
        if (error == std::errc() && end == text.data() + text.size() && width > 0) return width;
    }
    winsize size{};
    const bool terminal = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return terminal ? size.ws_col : width_default;
}

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
    const std::string text = json_ ? host::doctor_json(findings, facts).dump(json_indent) + "\n"
                                   : host::doctor_text(findings, output_width());
    const bool complete = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!complete || std::fflush(stdout) != 0) return ExitCode::unclassified;
    return host::host_suitable(findings) ? ExitCode::success : ExitCode::host_unsuitable;
}

}  // namespace elytractl::cli
