#include "orchestrator/cli/bench_flow.hpp"

#include <filesystem>
#include <ranges>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/campaign/campaign.hpp"
#include "orchestrator/cli/bundle_command.hpp"
#include "orchestrator/cli/console.hpp"
#include "orchestrator/cli/own_program.hpp"
#include "orchestrator/cli/plan_command.hpp"
#include "orchestrator/cli/rerun.hpp"
#include "orchestrator/cli/spec_flags.hpp"
#include "orchestrator/cli/terminal_style.hpp"
#include "orchestrator/host/file_digest.hpp"
#include "orchestrator/host/release_store.hpp"
#include "orchestrator/process/ownership.hpp"
#include "orchestrator/process/session.hpp"
#include "orchestrator/progress/display.hpp"
#include "orchestrator/progress/event_json.hpp"
#include "orchestrator/progress/event_stream.hpp"
#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_files.hpp"
#include "orchestrator/records/run_folder.hpp"
#include "orchestrator/records/run_index.hpp"
#include "orchestrator/records/run_lock.hpp"
#include "orchestrator/records/stored_run.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/render.hpp"
#include "server/common/build_info.hpp"
#include "server/io/clock.hpp"
#include "server/io/file_error.hpp"
#include "server/io/random.hpp"

namespace elytractl::cli {
namespace {

constexpr std::string_view null_server = "null-server";

// A name without a slash is the program beside this one.
std::string beside(const std::string& binary) {
    if (binary.find('/') != binary.npos || binary.starts_with("release:")) return binary;
    return (std::filesystem::path(own_path()).parent_path() / binary).string();
}

struct Programs {
    std::vector<campaign::Program> programs;
    std::vector<report::Subject> subjects;
};

std::string own_version() {
    return fmt::format("elytractl version {}+{}", elytra::build_version, elytra::build_commit);
}

// The null server is a verb of this program.
elytra::Result<host::Subject, std::string> find_null_server() {
    const std::string path = own_path();
    const auto digest = host::digest_file(path);
    if (!digest.has_value()) {
        return elytra::Unexpected(
            fmt::format("{}: {}", path, elytra::io::error_text(digest.error())));
    }
    return host::Subject{.path = path, .release = {}, .digest = *digest, .version = own_version()};
}

elytra::Result<host::Subject, std::string> find_server(const std::string& binary) {
    const host::ReleaseStore store(host::default_release_folder());
    auto resolved = store.resolve(beside(binary));
    if (!resolved.has_value()) return elytra::Unexpected(resolved.error().text);
    return std::move(*resolved);
}

elytra::Result<Programs, std::string> find_programs(const BenchRequest& request) {
    Programs found;
    const bool null = request.kind == report::RunKind::null;
    for (std::size_t index = 0; index < request.plan.subjects.size(); ++index) {
        const plan::Subject& subject = request.plan.subjects[index];
        const auto server =
            null ? find_null_server() : find_server(subject.cells.front().cluster.binary);
        if (!server.has_value()) return elytra::Unexpected(server.error());
        found.programs.push_back({.path = server->path,
                                  .subcommand = null ? std::string(null_server) : std::string(),
                                  .elytra = server->version.starts_with("Elytra")});
        found.subjects.push_back({.name = subject.name,
                                  .path = server->path,
                                  .version = server->version,
                                  .sha256 = server->digest.sha256,
                                  .size = server->digest.size,
                                  .release = server->release,
                                  .settings = index < request.settings.size()
                                                  ? request.settings[index]
                                                  : std::vector<std::string>{}});
    }
    return found;
}

// What runs that were killed have left behind goes now, as far as it is surely theirs.
void clean_earlier_runs(const std::string& directory) {
    for (const std::string& name : records::run_names(directory)) {
        const std::string folder = directory + "/" + name;
        std::error_code error;
        if (!std::filesystem::exists(folder + "/" + process::ownership_file_name, error)) continue;
        const auto lock = records::RunLock::acquire(folder, own_command());
        if (!lock.has_value()) continue;  // it still runs
        const auto cleaned = process::clean_leftovers(folder);
        if (!cleaned.has_value()) {
            print_warning(cleaned.error());
            continue;
        }
        for (const std::string& path : cleaned->removed) {
            fmt::print(stderr, "removed what run {} had left behind: {}\n", name, path);
        }
        for (const process::LeftBehind& left : cleaned->left) {
            fmt::print(stderr, "warning: run {} left {} behind: {}\n", name, left.path,
                       left.reason);
        }
    }
}

// Whether a result of `bench null` tells how fast the generator is with this load: a closed loop
// with the same driver, sessions, threads and batches.
bool is_ceiling_of(const nlohmann::json& result, const spec::Cell& cell) {
    const nlohmann::json& subjects = report::list_of(report::part_of(result, "plan"), "subjects");
    if (subjects.empty()) return false;
    const nlohmann::json& cells = report::list_of(subjects.front(), "cells");
    if (cells.size() != 1) return false;
    const nlohmann::json& load = report::part_of(cells.front(), "load");
    return report::text_of(report::part_of(load, "arrival"), "model") == "closed" &&
           report::number_of(load, "clients") == cell.traffic.clients &&
           report::number_of(load, "threads") == cell.traffic.threads &&
           report::number_of(load, "batch_max") == cell.traffic.batch_max &&
           report::text_of(load, "driver") == spec::driver_text(cell);
}

// The last that `bench null` has found here for such a load.
std::optional<double> known_ceiling(const std::string& directory, const spec::Cell& cell) {
    auto index = records::RunIndex::open(directory);
    if (!index.has_value()) return std::nullopt;
    const std::vector<records::MetricRow> rows = index->metrics("throughput");
    for (const records::MetricRow& row : std::views::reverse(rows)) {
        if (row.kind != "null") continue;
        if (is_ceiling_of(records::read_run(directory, row.run).result, cell)) return row.value;
    }
    return std::nullopt;
}

// Everybody who wants to hear of the run while it goes on.
class Listeners {
public:
    Listeners(records::RunFolder& folder, progress::DisplayMode mode,
              std::optional<progress::EventStream> stream)
        : folder_(folder), display_(mode), stream_(std::move(stream)) {}

    void on_event(const run::Event& event) {
        display_.on_event(event);
        if (stream_.has_value()) stream_->write(event);
        const auto written = folder_.append_event(progress::to_json(event));
        if (!written.has_value() && problem_.empty()) problem_ = written.error();
    }

    void clear_display() { display_.clear(); }

    // Why the events in the folder are not complete; empty where they are.
    const std::string& problem() const { return problem_; }

private:
    records::RunFolder& folder_;
    progress::Display display_;
    std::optional<progress::EventStream> stream_;
    std::string problem_;
};

// The command that measures the same again.
std::vector<std::string> rerun_command(const records::RunFolder& folder,
                                       const std::string& directory) {
    std::vector<std::string> command{own_command().front(), "bench", "--rerun", folder.id()};
    if (directory != spec::ReportSpec().directory) command.push_back("--runs=" + directory);
    return command;
}

report::ResultParts facts_of(const BenchRequest& request, const records::RunFolder& folder,
                             std::vector<report::Subject> subjects) {
    report::ResultParts facts;
    const std::string& directory = request.spec.report.directory;
    facts.run = {.id = folder.id(),
                 .kind = request.kind,
                 .name = request.spec.name,
                 .folder = folder.path(),
                 .started = elytra::io::wall_now(),
                 .ended = std::nullopt,
                 .command = own_command(),
                 .rerun = rerun_command(folder, directory),
                 .elytractl = fmt::format("{}+{}", elytra::build_version, elytra::build_commit),
                 .seed = request.spec.cells.front().traffic.workload.seed,
                 .config_sha256 = host::sha256_of(request.spec.identity),
                 .exit_code = std::nullopt};
    facts.subjects = std::move(subjects);
    return facts;
}

// The earlier runs that thresholds ask for; looked at before anything runs, because it may be that
// there is no such run.
elytra::Result<campaign::Past, std::string> past_of(const BenchRequest& request) {
    const auto& thresholds = request.spec.thresholds;
    if (std::ranges::none_of(
            thresholds, [](const spec::Threshold& one) { return one.regression.has_value(); })) {
        return campaign::Past{};
    }
    auto index = records::RunIndex::open(request.spec.report.directory);
    if (!index.has_value()) return elytra::Unexpected(index.error());
    return campaign::read_past(*index, thresholds, request.kind, request.spec.name);
}

ExitCode publish(const nlohmann::json& result, const BenchFlags& flags) {
    auto code = ExitCode::success;
    if (flags.json) {
        code = print_json(result);
    } else if (flags.events != "-") {
        code =
            print_result(report::render_report(result, report::ReportFormat::text, stdout_style()));
    }
    if (flags.output.empty()) return code;
    const auto written = records::write_new_file(flags.output, result.dump(2) + "\n");
    return written.has_value() ? code : refuse(written.error(), ExitCode::unclassified);
}

// Why a run is not what shall be measured again; none where all programs have the same bytes.
std::optional<std::string> changed_program(const BenchRequest& request, const Programs& programs) {
    constexpr std::size_t shown = 16;
    for (std::size_t at = 0; at < request.digests.size(); ++at) {
        const report::Subject& subject = programs.subjects[at];
        if (subject.sha256 == request.digests[at]) continue;
        return fmt::format(
            "{} has other bytes (sha256 {}...) than what {} measured ({}...); {}", subject.path,
            subject.sha256.substr(0, shown), request.rerun_of, request.digests[at].substr(0, shown),
            request.kind == report::RunKind::null ? "use bench null without --rerun"
                                                  : "--binary measures another program");
    }
    return std::nullopt;
}

// Whether something went wrong that somebody has to look into: numbers that are bad or doubtful are
// explained by the report.
bool is_worth_a_bundle(ExitCode code) {
    return code == ExitCode::unclassified || code == ExitCode::timed_out ||
           code == ExitCode::member_died || code == ExitCode::check_failed;
}

Outcome measure(BenchRequest& request, const BenchFlags& flags, Programs programs,
                std::optional<progress::EventStream> stream) {
    const std::string& directory = request.spec.report.directory;
    auto past = past_of(request);
    if (!past.has_value()) return refuse(past.error(), ExitCode::usage);
    clean_earlier_runs(directory);
    auto folder = records::RunFolder::create(directory, own_command(), elytra::io::random_u64());
    if (!folder.has_value()) return refuse(folder.error(), ExitCode::host_unsuitable);
    std::error_code error;
    std::filesystem::create_directory(folder->path_of("logs"), error);
    if (error) return refuse(error.message(), ExitCode::host_unsuitable);
    const auto verbosity = flags.quiet ? progress::Verbosity::quiet : progress::Verbosity::normal;
    Listeners listeners(*folder, progress::display_mode(verbosity), std::move(stream));
    auto ledger = process::OwnershipLedger::open(folder->path_of(process::ownership_file_name));
    if (!ledger.has_value()) return refuse(ledger.error(), ExitCode::host_unsuitable);
    process::Session session(
        {.run_folder = folder->path(),
         .observer = [&listeners](const run::Event& event) { listeners.on_event(event); }},
        *ledger);
    const auto noted =
        folder->write(request_file_name, request_json(request, programs.subjects).dump(2) + "\n");
    if (!noted.has_value()) print_warning(noted.error());
    report::ResultParts facts = facts_of(request, *folder, std::move(programs.subjects));
    const bool null = request.kind == report::RunKind::null;
    campaign::Campaign campaign(
        {.plan = std::move(request.plan),
         .programs = std::move(programs.programs),
         .thresholds = request.spec.thresholds,
         .past = std::move(*past),
         .formats = request.spec.report.formats,
         .generator_ceiling = null || request.spec.cells.size() != 1
                                  ? std::nullopt
                                  : known_ceiling(directory, request.spec.cells.front()),
         .p99_max_microseconds = request.p99_max_microseconds,
         .until_decided = request.until_decided},
        std::move(facts), *folder, session);
    const nlohmann::json result = campaign.run();
    listeners.clear_display();
    bool complete = publish(result, flags) == ExitCode::success;
    for (const std::string& problem : campaign.record_errors()) {
        complete = false;
        print_error(problem);
    }
    if (!listeners.problem().empty()) print_warning(listeners.problem());
    static_cast<void>(
        records::RunIndex::open(directory));  // takes the run in, or the next one does
    auto code = static_cast<ExitCode>(result.at("run").at("exit_code").get<int>());
    if (code == ExitCode::success && !complete) code = ExitCode::unclassified;
    if (request.spec.report.bundle_on_failure && is_worth_a_bundle(code)) {
        bundle_failed_run(folder->path());
    }
    return {code, folder->id()};
}

}  // namespace

void BenchFlags::declare(CLI::App& command) {
    command.add_flag("--dry-run", dry_run, "Show the plan and do nothing");
    command.add_flag("--json", json, "Result in JSON");
    command.add_flag("-q,--quiet", quiet, "No progress");
    command.add_option("--events", events, "Every event as a line of JSON; - is standard output");
    command.add_option("-o,--output", output, "Write the result in JSON to this new file too");
}

Outcome run_bench(BenchRequest request, const BenchFlags& flags) {
    if (flags.dry_run) {
        const auto format = flags.json ? ResultFormat::json : ResultFormat::text;
        return print_plan(request.plan, format);
    }
    std::error_code error;
    if (!flags.output.empty() && std::filesystem::exists(flags.output, error)) {
        return refuse(fmt::format("{}: exists already; name another file", flags.output),
                      ExitCode::usage);
    }
    if (flags.json && flags.events == "-") {
        return refuse("--json and --events=- both want standard output", ExitCode::usage);
    }
    for (const plan::Subject& subject : request.plan.subjects) {
        if (subject.cells.front().cluster.replicas == 1) continue;
        return refuse(fmt::format("/cluster/replicas ({}): this version runs clusters of one",
                                  subject.cells.front().cluster.replicas),
                      ExitCode::usage);
    }
    auto programs = find_programs(request);
    if (!programs.has_value()) return refuse(programs.error(), ExitCode::usage);
    if (const auto changed = changed_program(request, *programs); changed.has_value()) {
        return refuse(*changed, ExitCode::refused);
    }
    std::optional<progress::EventStream> stream;
    if (!flags.events.empty()) {
        auto opened = progress::EventStream::open(flags.events);
        if (!opened.has_value()) return refuse(opened.error(), ExitCode::usage);
        stream.emplace(std::move(*opened));
    }
    return measure(request, flags, std::move(*programs), std::move(stream));
}

}  // namespace elytractl::cli
