#include "orchestrator/cli/records_access.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"

namespace elytractl::cli {

void declare_records(CLI::App& command, RecordsOptions& options) {
    command.add_option("--runs", options.directory, "Directory of the runs")
        ->envname("ELYTRACTL_RUNS")
        ->capture_default_str();
    command.add_flag("--json", options.json, "Print JSON");
}

ExitCode print_record(const RecordsOptions& options, const nlohmann::json& record,
                      std::string_view text) {
    return options.json ? print_json(record) : print_result(text);
}

std::optional<records::RunIndex> open_index(const RecordsOptions& options) {
    auto index = records::RunIndex::open(options.directory);
    if (!index.has_value()) {
        print_error(index.error());
        return std::nullopt;
    }
    for (const std::string& warning : index->warnings()) print_warning(warning);
    return std::move(index).value();
}

std::optional<std::string> find_run(records::RunIndex& index, const std::string& text) {
    std::optional<std::string> id = index.find(text);
    if (!id && text.empty()) print_error(fmt::format("there is no run in {}", index.directory()));
    if (!id && !text.empty()) {
        print_error(fmt::format("{}: there is no such run in {}; elytractl runs ls shows them",
                                text, index.directory()));
    }
    return id;
}

std::optional<records::StoredRun> load_run(records::RunIndex& index, const std::string& text) {
    const std::optional<std::string> id = find_run(index, text);
    if (!id) return std::nullopt;
    return records::read_run(index.directory(), *id);
}

}  // namespace elytractl::cli
