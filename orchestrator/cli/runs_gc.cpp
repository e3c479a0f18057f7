#include "orchestrator/cli/runs_gc.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/records/garbage.hpp"
#include "orchestrator/records/run_files.hpp"
#include "orchestrator/records/run_lock.hpp"
#include "server/io/clock.hpp"

namespace elytractl::cli {
namespace {

using nlohmann::json;
using records::GarbagePlan;
using records::RunContent;

// A run that shall go, with all that is in its folder; nothing when only the index knows it.
struct Target {
    std::string run;
    std::string folder;
    RunContent content;
    bool in_index_only = false;
};

bool is_missing(const std::vector<records::RunRow>& rows, const std::string& id) {
    for (const records::RunRow& row : rows) {
        if (row.id == id) return row.state == "missing";
    }
    return true;
}

std::optional<std::vector<Target>> look_at(const GarbagePlan& plan,
                                           const std::vector<records::RunRow>& rows,
                                           const std::string& directory) {
    std::vector<Target> targets;
    for (const std::string& run : plan.remove) {
        Target& target = targets.emplace_back();
        target.run = run;
        target.folder = fmt::format("{}/{}", directory, run);
        target.in_index_only = is_missing(rows, run);
        if (target.in_index_only) continue;
        auto content = records::list_run(target.folder);
        if (!content.has_value()) {
            print_error(content.error());
            return std::nullopt;
        }
        target.content = std::move(content).value();
    }
    return targets;
}

bool has_foreign(const std::vector<Target>& targets) {
    bool found = false;
    for (const Target& target : targets) {
        for (const std::string& name : target.content.foreign) {
            print_error(fmt::format("{}/{} is not a file that a run writes; nothing was removed",
                                    target.folder, name));
            found = true;
        }
    }
    return found;
}

json targets_json(const std::vector<Target>& targets, const GarbagePlan& plan, bool removed) {
    json runs = json::array();
    for (const Target& target : targets) {
        json paths = json::array();
        for (const auto& file : target.content.files) {
            paths.push_back(target.folder + "/" + file.name);
        }
        for (const std::string& name : target.content.directories) {
            paths.push_back(target.folder + "/" + name + "/");
        }
        if (!target.in_index_only) paths.push_back(target.folder + "/");
        runs.push_back({{"run", target.run}, {"paths", std::move(paths)}});
    }
    json kept = json::array();
    for (const records::KeptRun& one : plan.kept) {
        kept.push_back({{"run", one.run}, {"reason", one.reason}});
    }
    return {{"runs", std::move(runs)}, {"kept", std::move(kept)}, {"removed", removed}};
}

std::string targets_text(const json& targets) {
    const bool removed = targets["removed"];
    std::string text;
    for (const json& run : targets["runs"]) {
        const std::string id = run["run"];
        text += fmt::format("{} {}\n", removed ? "removed" : "would remove", id);
        if (removed) continue;
        for (const json& path : run["paths"]) text += "  " + path.get<std::string>() + "\n";
        if (run["paths"].empty()) text += "  only its rows in the index\n";
    }
    for (const json& kept : targets["kept"]) {
        text += fmt::format("kept {}: {}\n", kept["run"].get<std::string>(),
                            kept["reason"].get<std::string>());
    }
    return text.empty() ? "nothing to remove\n" : text;
}

// The sentence has the number in it, so that it is read before it is typed.
bool confirmed(std::size_t count) {
    const std::string sentence = fmt::format("remove {} run{}", count, count == 1 ? "" : "s");
    if (::isatty(STDIN_FILENO) == 0) {
        print_error("refused without --yes, because nobody is there to confirm");
        return false;
    }
    fmt::print(stderr, "This cannot be undone. To go on, type: {}\n> ", sentence);
    std::array<char, 128> line{};
    if (std::fgets(line.data(), static_cast<int>(line.size()), stdin) == nullptr) return false;
    if (line.data() == sentence + "\n") return true;
    print_error("not confirmed; nothing was removed");
    return false;
}

// Looks again under the lock: it adds its own file, and nobody else writes there any more.
ExitCode remove_target(const Target& target) {
    const auto lock = records::RunLock::acquire(target.folder, {"elytractl runs gc"});
    if (!lock.has_value()) {
        const bool busy = lock.error().kind == records::LockError::Kind::busy;
        return refuse(lock.error().text, busy ? ExitCode::busy : ExitCode::unclassified);
    }
    const auto content = records::list_run(target.folder);
    if (!content.has_value() || !content->foreign.empty()) {
        return refuse(fmt::format("{} has changed meanwhile and stays", target.folder),
                      ExitCode::refused);
    }
    const auto removed = records::remove_run(target.folder, *content);
    return removed.has_value() ? ExitCode::success : refuse(removed.error(), ExitCode::refused);
}

ExitCode remove_all(const std::vector<Target>& targets, records::RunIndex& index) {
    for (const Target& target : targets) {
        const ExitCode code = target.in_index_only ? ExitCode::success : remove_target(target);
        if (code != ExitCode::success) return code;
        index.forget(target.run);
    }
    return ExitCode::success;
}

std::optional<records::GarbageRule> rule_of(const GarbageOptions& options,
                                            records::RunIndex& index) {
    records::GarbageRule rule{
        .named = {}, .keep = options.keep, .older_than_days = options.older_than_days};
    for (const std::string& text : options.runs) {
        const auto id = find_run(index, text);
        if (!id) return std::nullopt;
        rule.named.push_back(*id);
    }
    return rule;
}

}  // namespace

void declare_garbage(CLI::App& command, GarbageOptions& options) {
    command.add_option("runs", options.runs, "Remove these");
    command.add_option("--keep", options.keep, "Remove all but the youngest so many");
    command.add_option("--older-than", options.older_than_days,
                       "Remove those older than so many days");
    command.add_flag("--dry-run", options.dry_run,
                     "Print what would be removed, and remove nothing");
    command.add_flag("--yes", options.yes, "Do not ask");
}

ExitCode collect_garbage(const GarbageOptions& options, const RecordsOptions& records) {
    if (options.runs.empty() && !options.keep && !options.older_than_days) {
        return refuse("name runs, or say --keep or --older-than", ExitCode::usage);
    }
    auto index = open_index(records);
    if (!index) return ExitCode::unclassified;
    const auto rule = rule_of(options, *index);
    if (!rule) return ExitCode::usage;
    const std::vector<records::RunRow> rows = index->runs();
    const GarbagePlan plan = records::plan_garbage(rows, *rule, elytra::io::wall_now());
    if (!rule->named.empty() && !plan.kept.empty()) {
        return refuse(fmt::format("{} stays: {}", plan.kept.front().run, plan.kept.front().reason),
                      ExitCode::refused);
    }
    const auto targets = look_at(plan, rows, index->directory());
    if (!targets || has_foreign(*targets)) return ExitCode::refused;
    if (options.dry_run || targets->empty()) {
        const json list = targets_json(*targets, plan, false);
        return print_record(records, list, targets_text(list));
    }
    if (!options.yes) {
        fmt::print(stderr, "{}", targets_text(targets_json(*targets, plan, false)));
        if (!confirmed(targets->size())) return ExitCode::refused;
    }
    const ExitCode code = remove_all(*targets, *index);
    if (code != ExitCode::success) return code;
    const json list = targets_json(*targets, plan, true);
    return print_record(records, list, targets_text(list));
}

}  // namespace elytractl::cli
