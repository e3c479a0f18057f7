#include "orchestrator/records/run_table.hpp"

#include <map>
#include <optional>

#include <fmt/format.h>

#include "orchestrator/records/value_text.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/statistics/descriptive.hpp"

namespace elytractl::records {
namespace {

using nlohmann::json;
using report::list_of;
using report::number_of;
using report::part_of;
using report::text_of;

json optional_json(const auto& value) { return value ? json(*value) : json(nullptr); }

json cell_json(const std::string& text) {
    json cell = json::parse(text, nullptr, false);
    return cell.is_discarded() ? json(nullptr) : cell;
}

// What a list shows in one word: a verdict, or why there is none.
std::string outcome_of(const json& run) {
    if (text_of(run, "state") != "complete") return text_of(run, "state");
    const std::string verdict = text_of(run, "verdict");
    return verdict.empty() ? "-" : verdict;
}

std::string metric_cell(const json& run, std::string_view metric) {
    const std::optional<double> value = number_of(part_of(run, "metrics"), metric);
    return value ? metric_text(metric, *value) : "-";
}

std::string interval_text(std::string_view metric, const json& summary) {
    const json& interval = part_of(summary, "interval");
    const auto low = number_of(interval, "low");
    const auto high = number_of(interval, "high");
    if (!low || !high) return "";
    return fmt::format("[{}, {}]", metric_text(metric, *low), metric_text(metric, *high));
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string cell = "\"";
    for (const char letter : text) {
        cell += letter;
        if (letter == '"') cell += letter;
    }
    return cell + "\"";
}

void append_groups(std::string& text, const json& page) {
    for (const json& group : list_of(page, "summary")) {
        const std::string name =
            group_text(text_of(group, "subject"), part_of(group, "cell"), part_of(group, "rate"));
        text += fmt::format("\n{} ({} measured)\n", name.empty() ? "all" : name,
                            number_of(group, "n").value_or(0));
        Table table({"  metric", "median", "95 % interval"});
        const json& metrics = part_of(group, "metrics");
        if (!metrics.is_object()) continue;
        for (const auto& [metric, summary] : metrics.items()) {
            const auto middle = number_of(summary, "median");
            if (!middle) continue;
            table.add(
                {"  " + metric, metric_text(metric, *middle), interval_text(metric, summary)});
        }
        text += table.text();
    }
}

}  // namespace

json run_list_json(const std::vector<RunRow>& runs, const std::vector<MetricRow>& metrics) {
    std::map<std::string, std::map<std::string, std::vector<double>>> values;
    for (const MetricRow& row : metrics) values[row.run][row.metric].push_back(row.value);
    json list = json::array();
    for (const RunRow& run : runs) {
        json medians = json::object();
        for (const auto& [metric, all] : values[run.id]) {
            medians[metric] = statistics::median(all);
        }
        list.push_back({{"id", run.id},
                        {"kind", run.kind},
                        {"name", run.name},
                        {"state", run.state},
                        {"started", run.started},
                        {"ended", run.ended},
                        {"exit_code", optional_json(run.exit_code)},
                        {"verdict", run.verdict},
                        {"measurements", run.measurements},
                        {"tags", run.tags},
                        {"metrics", std::move(medians)}});
    }
    return list;
}

std::string run_list_text(const json& list) {
    if (list.empty()) return "no runs\n";
    Table table({"run", "kind", "started", "measured", "throughput", "batch p99", "outcome", "name",
                 "tags"});
    for (const json& run : list) {
        table.add({text_of(run, "id"), text_of(run, "kind"), text_of(run, "started"),
                   fmt::to_string(number_of(run, "measurements").value_or(0)),
                   metric_cell(run, "throughput"), metric_cell(run, "batch.p99"), outcome_of(run),
                   text_of(run, "name"), report::joined(part_of(run, "tags"), " ")});
    }
    return table.text();
}

json run_page_json(const StoredRun& run, const std::vector<std::string>& files) {
    const json& result = run.result;
    return {{"run", part_of(result, "run")},
            {"folder", run.folder},
            {"tags", run.tags},
            {"problem", run.problem},
            {"files", files},
            {"subjects", part_of(result, "subjects")},
            {"summary", list_of(result, "summary")},
            {"comparison", part_of(result, "comparison")},
            {"thresholds", list_of(result, "thresholds")},
            {"verdict", part_of(result, "verdict")}};
}

std::string run_page_text(const json& page) {
    const json& run = part_of(page, "run");
    std::string text = fmt::format("{}  {} {}  {}\n", text_of(run, "id"), text_of(run, "kind"),
                                   text_of(run, "name"), text_of(run, "state"));
    text +=
        fmt::format("  started  {}   ended {}\n", text_of(run, "started"), text_of(run, "ended"));
    text += fmt::format("  command  {}\n", report::joined(part_of(run, "command"), " "));
    for (const json& subject : list_of(page, "subjects")) {
        text += fmt::format("  server   {} {} ({}, sha256 {})\n", text_of(subject, "name"),
                            text_of(subject, "path"), text_of(subject, "version"),
                            text_of(subject, "sha256").substr(0, 12));
    }
    const std::string tags = report::joined(part_of(page, "tags"), " ");
    if (!tags.empty()) text += fmt::format("  tags     {}\n", tags);
    text += fmt::format("  folder   {}: {}\n", text_of(page, "folder"),
                        report::joined(part_of(page, "files"), " "));
    const std::string problem = text_of(page, "problem");
    if (!problem.empty()) text += fmt::format("  problem  {}\n", problem);
    append_groups(text, page);
    const json& compared = part_of(page, "comparison", "metrics");
    if (compared.is_object()) {
        text += "\n";
        for (const auto& [metric, comparison] : compared.items()) {
            text += text_of(comparison, "sentence") + "\n";
        }
    }
    const json& verdict = part_of(page, "verdict");
    if (!text_of(verdict, "word").empty()) text += "\nVERDICT  " + text_of(verdict, "word") + "\n";
    for (const json& reason : list_of(verdict, "reasons")) {
        text += fmt::format("  {}\n", text_of(reason, "text"));
    }
    return text;
}

std::string metrics_csv(const std::vector<MetricRow>& metrics) {
    std::string text = "run,kind,name,started,measurement,subject,cell,rate,repeat,metric,value\n";
    for (const MetricRow& row : metrics) {
        text +=
            fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", quoted(row.run), quoted(row.kind),
                        quoted(row.name), quoted(row.started), row.measurement, quoted(row.subject),
                        quoted(row.cell), row.rate ? fmt::to_string(*row.rate) : "", row.repeat,
                        quoted(row.metric), row.value);
    }
    return text;
}

json metrics_json(const std::vector<MetricRow>& metrics) {
    json list = json::array();
    for (const MetricRow& row : metrics) {
        list.push_back({{"run", row.run},
                        {"kind", row.kind},
                        {"name", row.name},
                        {"started", row.started},
                        {"measurement", row.measurement},
                        {"subject", row.subject},
                        {"cell", cell_json(row.cell)},
                        {"rate", optional_json(row.rate)},
                        {"repeat", row.repeat},
                        {"metric", row.metric},
                        {"value", row.value}});
    }
    return list;
}

}  // namespace elytractl::records
