#include "orchestrator/cli/records_access.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace elytractl::cli {
namespace {

constexpr int json_indent = 2;

}  // namespace

void declare_records(CLI::App& command, RecordsOptions& options) {
    command.add_option("--runs", options.directory, "Directory of the runs")
        ->envname("ELYTRACTL_RUNS")
        ->capture_default_str();
    command.add_flag("--json", options.json, "Print JSON");
}

void print_error(std::string_view text) { fmt::print(stderr, "error: {}\n", text); }

void print_text(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void print_json(const nlohmann::json& value) {
    const auto replace = nlohmann::json::error_handler_t::replace;
    print_text(value.dump(json_indent, ' ', false, replace) + "\n");
}

std::optional<records::RunIndex> open_index(const RecordsOptions& options) {
    auto index = records::RunIndex::open(options.directory);
    if (!index.has_value()) {
        print_error(index.error());
        return std::nullopt;
    }
    for (const std::string& warning : index->warnings()) {
        fmt::print(stderr, "warning: {}\n", warning);
    }
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
