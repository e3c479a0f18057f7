#include "orchestrator/records/explanation.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/result_reading.hpp"

namespace elytractl::records {
namespace {

using nlohmann::json;
using report::list_of;
using report::number_of;
using report::part_of;
using report::text_of;

constexpr std::size_t lines_max = 10;
constexpr std::size_t reasons_max = 4;
constexpr std::size_t findings_max = 2;
constexpr std::size_t thresholds_max = 2;

using Lines = std::vector<std::string>;

std::string head_line(const StoredRun& run) {
    const json& head = part_of(run.result, "run");
    std::string line = fmt::format("{} ({} {}, {})", run.id, text_of(head, "kind"),
                                   text_of(head, "name"), text_of(head, "started"));
    const std::string state = text_of(head, "state");
    const std::size_t measured = list_of(run.result, "measurements").size();
    if (state == "running") return line + fmt::format(" is running, {} measured so far", measured);
    if (text_of(head, "ended").empty()) {
        return line +
               fmt::format(" was ended from outside before it was done, {} measured", measured);
    }
    if (state == "incomplete") line += fmt::format(" was given up, {} measured, and", measured);
    line += fmt::format(" ended {}", text_of(part_of(run.result, "verdict"), "word"));
    const auto code = number_of(head, "exit_code");
    return code ? line + fmt::format(", exit status {:.0f}", *code) : line;
}

void add_reasons(const json& result, Lines& lines) {
    const json& reasons = list_of(part_of(result, "verdict"), "reasons");
    for (std::size_t index = 0; index < std::min(reasons.size(), reasons_max); ++index) {
        lines.push_back(fmt::format("{}: {}", text_of(reasons[index], "severity"),
                                    text_of(reasons[index], "text")));
    }
    if (reasons.size() > reasons_max) {
        lines.back() += fmt::format(" (and {} more)", reasons.size() - reasons_max);
    }
}

void add_thresholds(const json& result, Lines& lines) {
    std::size_t added = 0;
    for (const json& threshold : list_of(result, "thresholds")) {
        if (part_of(threshold, "passed") != false) continue;
        const json& regression = part_of(threshold, "regression");
        if (!text_of(regression, "undecided").empty()) continue;  // a reason of the verdict says it
        if (added++ == thresholds_max) return;
        const auto minimum = number_of(threshold, "minimum");
        const auto maximum = number_of(threshold, "maximum");
        const std::string where =
            regression.is_object() ? "against " + text_of(regression, "against")
                                   : fmt::format("in measurement {:.0f}",
                                                 number_of(threshold, "measurement").value_or(0));
        lines.push_back(fmt::format("threshold: {} is {}, {} allowed, {}",
                                    text_of(threshold, "metric"),
                                    number_of(threshold, "value").value_or(0),
                                    maximum ? fmt::format("at most {}", *maximum)
                                            : fmt::format("at least {}", minimum.value_or(0)),
                                    where));
    }
}

bool ended_badly(const json& member) {
    const std::string reason = text_of(member, "reason");
    return !reason.empty() && reason != "stopped";
}

std::string member_line(const json& measurement, const json& member) {
    std::string line =
        fmt::format("{} of measurement {:.0f}: {}", text_of(member, "name"),
                    number_of(measurement, "index").value_or(0), text_of(member, "reason"));
    const std::string words = text_of(member, "reason_text");
    if (!words.empty()) return line + "; " + words;
    const json& exit = part_of(member, "exit");
    const auto signal = number_of(exit, "signal");
    if (signal && *signal != 0) return line + fmt::format(", signal {:.0f}", *signal);
    return line + fmt::format(", status {:.0f}", number_of(exit, "status").value_or(0));
}

// The last words of each member in the last measurement that has something to tell.
void add_members(const StoredRun& run, Lines& lines) {
    const json& measurements = list_of(run.result, "measurements");
    if (measurements.empty()) return;
    const json* told = &measurements.back();
    for (const json& measurement : measurements) {
        const json& members = list_of(measurement, "members");
        if (std::ranges::any_of(members, ended_badly)) told = &measurement;
        for (const json& error : list_of(measurement, "errors")) {
            if (error.is_string()) lines.push_back("error: " + error.get<std::string>());
        }
        const json& findings = list_of(part_of(measurement, "audit"), "findings");
        for (std::size_t index = 0; index < std::min(findings.size(), findings_max); ++index) {
            if (findings[index].is_string()) {
                lines.push_back("wrong answer: " + findings[index].get<std::string>());
            }
        }
    }
    for (const json& member : list_of(*told, "members")) {
        if (ended_badly(member)) lines.push_back(member_line(*told, member));
        const std::string log = text_of(member, "log");
        // A name from a file: only what lies in the folder of the run is opened.
        if (!log.starts_with("logs/") || log.find("..") != std::string::npos) continue;
        const std::string last = last_log_line(run.folder + "/" + log);
        if (!last.empty()) {
            lines.push_back(fmt::format("{} logged last: {}", text_of(member, "name"), last));
        }
    }
}

std::string next_line(const StoredRun& run) {
    const std::string command =
        report::shell_command(part_of(part_of(run.result, "run"), "command"));
    return fmt::format("folder: {}{}", run.folder, command.empty() ? "" : "; again: " + command);
}

}  // namespace

bool needs_explanation(const json& result) {
    const json& head = part_of(result, "run");
    const std::string state = text_of(head, "state");
    if (state == "incomplete") return true;
    if (state == "running") return false;
    const std::string word = text_of(part_of(result, "verdict"), "word");
    return number_of(head, "exit_code").value_or(0) != 0 || word == "INVALID" ||
           word == "INCONCLUSIVE";
}

json explanation_json(const StoredRun& run) {
    Lines lines{head_line(run)};
    if (!run.problem.empty()) lines.push_back("problem: " + run.problem);
    add_reasons(run.result, lines);
    add_thresholds(run.result, lines);
    add_members(run, lines);
    if (lines.size() > lines_max - 1) lines.resize(lines_max - 1);
    lines.push_back(next_line(run));
    return {{"run", run.id}, {"failed", needs_explanation(run.result)}, {"lines", lines}};
}

std::string explanation_text(const json& explanation) {
    return report::joined(part_of(explanation, "lines"), "\n") + "\n";
}

}  // namespace elytractl::records
