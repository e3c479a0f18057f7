#include "orchestrator/cli/report_command.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/cli/terminal_style.hpp"
#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/report/render.hpp"
#include "orchestrator/report/result_json.hpp"
#include "server/common/result.hpp"

namespace elytractl::cli {
namespace {

using elytra::Result;
using elytra::Unexpected;
using nlohmann::json;

constexpr std::string_view result_file = "result.json";

// The runs whose id is `run`, or begins with it and a dash: "42" stands for nothing but "42-...".
std::vector<std::filesystem::path> runs_named(const std::string& runs_folder,
                                              const std::string& run) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(runs_folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name != run && !name.starts_with(run + "-")) continue;
        if (std::filesystem::exists(entry.path() / result_file, error)) {
            found.push_back(entry.path() / result_file);
        }
    }
    return found;
}

Result<std::filesystem::path, std::string> find_result(const std::string& runs_folder,
                                                       const std::string& run) {
    std::error_code error;
    if (std::filesystem::is_regular_file(run, error)) return std::filesystem::path(run);
    const std::filesystem::path inside = std::filesystem::path(run) / result_file;
    if (std::filesystem::is_regular_file(inside, error)) return inside;
    const std::vector<std::filesystem::path> found = runs_named(runs_folder, run);
    if (found.size() == 1) return found.front();
    if (found.empty()) {
        return Unexpected(fmt::format("{}: neither a folder with {} nor a run in {}", run,
                                      result_file, runs_folder));
    }
    return Unexpected(
        fmt::format("{}: {} runs in {} begin with it", run, found.size(), runs_folder));
}

Result<json, std::string> read_result(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.good()) return Unexpected(fmt::format("{}: cannot be read", path.string()));
    json result = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (result.is_discarded()) return Unexpected(fmt::format("{}: is not JSON", path.string()));
    const bool ours = result.is_object() && result.contains("schema") &&
                      result["schema"] == report::result_schema;
    if (ours) return result;
    return Unexpected(
        fmt::format("{}: is not a result of schema {}", path.string(), report::result_schema));
}

}  // namespace

ReportVerb::ReportVerb(CLI::App& bench, Action& chosen) : runs_folder_("runs"), format_("text") {
    CLI::App* const command = bench.add_subcommand("report", "Renders the result of a run again");
    command->add_option("run", run_, "Id of a run, or its folder, or a result.json")->required();
    command->add_option("--runs", runs_folder_, "Where the folders of runs are")
        ->capture_default_str();
    command->add_option("--format", format_, "What to render")
        ->capture_default_str()
        ->check(CLI::IsMember(report::report_format_names()));
    command->add_option("-o,--output", output_path_,
                        "Write to this file, which must not exist, instead of standard output");
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode ReportVerb::run() {
    const auto path = find_result(runs_folder_, run_);
    if (!path.has_value()) return refuse(path.error(), ExitCode::usage);
    const auto result = read_result(path.value());
    if (!result.has_value()) return refuse(result.error(), ExitCode::usage);
    const std::optional<report::ReportFormat> format = report::report_format(format_);
    ELYTRA_ASSERT(format.has_value());  // CLI11 has checked it
    report::TextStyle style = stdout_style();
    style.colour = style.colour && output_path_.empty();
    const std::string text = report::render_report(result.value(), *format, style);
    if (output_path_.empty()) return print_result(text);
    const auto written = records::write_new_file(output_path_, text);
    return written.has_value() ? ExitCode::success
                               : refuse(written.error(), ExitCode::unclassified);
}

}  // namespace elytractl::cli
