#include "orchestrator/cli/runs_command.hpp"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_difference.hpp"
#include "orchestrator/records/run_files.hpp"
#include "orchestrator/records/run_table.hpp"

namespace elytractl::cli {
namespace {

using records::MetricRow;
using records::RunRow;

std::vector<std::string> names_of(const std::string& folder) {
    std::vector<std::string> names;
    const auto content = records::list_run(folder);
    if (!content.has_value()) return names;
    for (const records::RunFile& file : content->files) names.push_back(file.name);
    return names;
}

}  // namespace

RunsVerb::RunsVerb(CLI::App& app, Action& chosen) : chosen_(chosen) {
    CLI::App& runs = *app.add_subcommand("runs", "Lists, compares and removes what was measured");
    runs.require_subcommand(1);

    CLI::App* const ls = declare(runs, "ls", "Lists the runs, the youngest last", &RunsVerb::list);
    ls->add_option("--kind", kind_, "Only runs of this kind: bench, compare, sweep, null");
    ls->add_option("--tag", tag_wanted_, "Only runs with this tag");
    ls->add_option("-n,--last", count_max_, "Only the youngest so many");

    const char* const run_text = "Id, number, part of the id, name or tag; the youngest by default";
    CLI::App* const show = declare(runs, "show", "Shows the record of a run", &RunsVerb::show);
    show->add_option("run", run_, run_text);

    CLI::App* const diff = declare(runs, "diff", "Shows what two runs differ by", &RunsVerb::diff);
    diff->add_option("a", run_, "A run")->required();
    diff->add_option("b", run_other_, "Another run")->required();

    CLI::App* const tag =
        declare(runs, "tag", "Gives tags to a run, which gc then never removes", &RunsVerb::tag);
    tag->add_option("run", run_, "A run")->required();
    tag->add_option("tags", tags_, "Letters, digits and -_.:/+")->required();
    tag->add_flag("--remove", remove_tags_, "Take the tags away");
    declare_export(runs);
    declare_gc(runs);
}

CLI::App* RunsVerb::declare(CLI::App& runs, const char* name, const char* description, Run run) {
    CLI::App* const command = runs.add_subcommand(name, description);
    declare_records(*command, records_);
    command->callback([this, run] { chosen_ = [this, run] { return (this->*run)(); }; });
    return command;
}

void RunsVerb::declare_export(CLI::App& runs) {
    CLI::App* const command =
        declare(runs, "export", "Writes the metrics of runs as a table", &RunsVerb::export_metrics);
    const std::map<std::string, bool> formats{{"csv", true}, {"json", false}};
    command->add_option("runs", runs_, "Runs; all by default");
    command->add_option("--metric", metric_, "Only this metric");
    command->add_option("--format", csv_, "csv or json")
        ->transform(CLI::CheckedTransformer(formats));
    command->add_option("-o,--output", output_, "Write to this file, which must not exist");
}

void RunsVerb::declare_gc(CLI::App& runs) {
    CLI::App* const command = declare(runs, "gc", "Removes runs without a tag", &RunsVerb::collect);
    declare_garbage(*command, garbage_);
}

ExitCode RunsVerb::list() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    std::vector<RunRow> rows = index->runs();
    std::erase_if(rows, [&](const RunRow& row) {
        const bool tagged = tag_wanted_.empty() || std::ranges::count(row.tags, tag_wanted_) > 0;
        return !tagged || (!kind_.empty() && row.kind != kind_);
    });
    if (count_max_ && rows.size() > *count_max_) {
        rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(*count_max_));
    }
    const nlohmann::json list = records::run_list_json(rows, index->metrics(std::nullopt));
    return print_record(records_, list, records::run_list_text(list));
}

ExitCode RunsVerb::show() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    const auto run = load_run(*index, run_);
    if (!run) return ExitCode::usage;
    // A script wants all there is, people the part that fits on a screen.
    return print_record(
        records_, run->result,
        records::run_page_text(records::run_page_json(*run, names_of(run->folder))));
}

ExitCode RunsVerb::diff() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    const auto a = load_run(*index, run_);
    const auto b = load_run(*index, run_other_);
    if (!a || !b) return ExitCode::usage;
    const nlohmann::json difference = records::difference_json(a->result, b->result);
    return print_record(records_, difference, records::difference_text(difference));
}

ExitCode RunsVerb::export_metrics() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    std::vector<std::string> wanted;
    for (const std::string& text : runs_) {
        const auto id = find_run(*index, text);
        if (!id) return ExitCode::usage;
        wanted.push_back(*id);
    }
    const std::optional<std::string_view> metric =
        metric_.empty() ? std::nullopt : std::optional<std::string_view>(metric_);
    std::vector<MetricRow> rows = index->metrics(metric);
    std::erase_if(rows, [&](const MetricRow& row) {
        return !wanted.empty() && std::ranges::count(wanted, row.run) == 0;
    });
    const bool csv = csv_ && !records_.json;
    const std::string text =
        csv ? records::metrics_csv(rows) : records::metrics_json(rows).dump(1) + "\n";
    if (output_.empty()) return print_result(text);
    const auto written = records::write_new_file(output_, text);
    if (written.has_value()) return ExitCode::success;
    return refuse(written.error(), ExitCode::unclassified);
}

ExitCode RunsVerb::tag() {
    for (const std::string& text : tags_) {
        if (records::is_tag(text)) continue;
        return refuse(fmt::format("{}: a tag has 1 to 64 letters, digits and -_.:/+", text),
                      ExitCode::usage);
    }
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    const auto run = load_run(*index, run_);
    if (!run) return ExitCode::usage;
    std::vector<std::string> tags = run->tags;
    for (const std::string& text : tags_) {
        std::erase(tags, text);
        if (!remove_tags_) tags.push_back(text);
    }
    std::ranges::sort(tags);
    const auto written = records::write_tags(run->folder, tags);
    if (!written.has_value()) return refuse(written.error(), ExitCode::unclassified);
    index->refresh(run->id);
    return print_record(records_, {{"run", run->id}, {"tags", tags}},
                        tags.empty() ? fmt::format("{} has no tags\n", run->id)
                                     : fmt::format("{}: {}\n", run->id, fmt::join(tags, " ")));
}

ExitCode RunsVerb::collect() { return collect_garbage(garbage_, records_); }

}  // namespace elytractl::cli
