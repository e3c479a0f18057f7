#include "orchestrator/cli/bench_command.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/cli/rerun.hpp"
#include "orchestrator/plan/build_plan.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"
#include "orchestrator/spec/units.hpp"

namespace elytractl::cli {
namespace {

constexpr double nanoseconds_per_microsecond = 1000;

// Prints what is wrong, if anything.
std::optional<spec::BenchSpec> load(const spec::Layers& layers) {
    auto spec = spec::load_bench_spec(layers);
    if (spec.has_value()) return std::move(*spec);
    print_problems(spec.error());
    return std::nullopt;
}

// The bound of "p99=40ms" in microseconds; none for another text.
std::optional<double> parse_slo(std::string_view text) {
    constexpr std::string_view name = "p99=";
    if (!text.starts_with(name)) return std::nullopt;
    const auto duration = spec::parse_duration(text.substr(name.size()));
    if (!duration.has_value() || *duration == 0) return std::nullopt;
    return static_cast<double>(*duration) / nanoseconds_per_microsecond;
}

// Where the result goes and what is asked of it is the same for both sides of a comparison.
bool may_differ(std::string_view setting) {
    return setting.starts_with("/cluster/") || setting.starts_with("/load/") ||
           setting.starts_with("/measure/");
}

}  // namespace

BenchVerb::BenchVerb(CLI::App& app, Action& chosen)
    : command_(app.add_subcommand("bench", "Measures a throwaway cluster under load")) {
    command_->require_subcommand(0, 1);
    spec_.declare(*command_);
    flags_.declare(*command_);
    command_->add_option("--rerun", rerun_,
                         "Measure again what this run did, with the same programs, seeds and "
                         "settings; only --binary and --runs go with it");
    // CLI11 calls this after the callback of a verb below, too.
    command_->callback([this, &chosen] {
        if (command_->get_subcommands().empty()) chosen = [this] { return run(); };
    });
}

Outcome BenchVerb::run() const {
    if (!rerun_.empty()) return run_again();
    std::optional<spec::BenchSpec> spec = load(spec_.layers());
    if (!spec.has_value()) return ExitCode::usage;
    plan::Plan plan = plan::build_bench_plan(*spec);
    return run_bench(
        {.plan = std::move(plan), .spec = std::move(*spec), .p99_max_microseconds = std::nullopt},
        flags_);
}

Outcome BenchVerb::run_again() const {
    const spec::Layers layers = spec_.layers();
    RerunOptions options{.run = rerun_, .directory = spec::ReportSpec().directory, .binary = {}};
    bool alone = layers.files.empty() && layers.sets.empty();
    for (const spec::Override& one : layers.overrides) {
        if (one.flag == "--binary") {
            options.binary = one.text;
        } else if (one.flag == "--runs") {
            options.directory = one.text;
        } else {
            alone = false;
        }
    }
    if (!alone) {
        return refuse("--rerun measures what the run did; only --binary and --runs go with it",
                      ExitCode::usage);
    }
    auto request = rerun_request(options);
    if (!request.has_value()) return refuse(request.error().text, request.error().code);
    return run_bench(std::move(*request), flags_);
}

CompareVerb::CompareVerb(CLI::App& bench, Action& chosen) {
    CLI::App* const command = bench.add_subcommand(
        "compare", "Tells whether two servers or configurations differ, in interleaved blocks");
    command->add_option("--a", a_.program, "Server to compare with; default /cluster/binary");
    command->add_option("--b", b_.program, "Server that is compared");
    command
        ->add_option("--a-set", a_.settings,
                     "A value for a alone: --a-set /load/clients=4; repeatable")
        ->allow_extra_args(false);
    command->add_option("--b-set", b_.settings, "A value for b alone; repeatable")
        ->allow_extra_args(false);
    command->add_option("--pairs", pairs_, "Blocks of both")
        ->capture_default_str()
        ->check(CLI::Range(1U, plan::pairs_max));
    command->add_option("--order-seed", order_seed_, "Of the order within the blocks")
        ->capture_default_str();
    command->add_flag("--until-decided", until_decided_,
                      "End as soon as it is decided; --pairs is the most");
    spec_.declare(*command);
    flags_.declare(*command);
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

std::optional<spec::BenchSpec> CompareVerb::load_side(std::string_view flag,
                                                      const Side& side) const {
    spec::Layers layers = spec_.layers();
    if (!side.program.empty()) {
        layers.overrides.push_back(
            {.flag = std::string(flag), .pointer = "/cluster/binary", .text = side.program});
    }
    layers.sets.insert(layers.sets.end(), side.settings.begin(), side.settings.end());
    return load(layers);
}

Outcome CompareVerb::run() const {
    if (b_.empty()) {
        return refuse("nothing to compare: say what b is with --b=PROGRAM or --b-set=KEY=VALUE",
                      ExitCode::usage);
    }
    for (const Side* const side : {&a_, &b_}) {
        for (const std::string& setting : side->settings) {
            if (may_differ(setting)) continue;
            return refuse(fmt::format("{}-set ({}): must set a key in /cluster, /load or /measure; "
                                      "the others are those of both sides",
                                      side == &a_ ? "--a" : "--b", setting),
                          ExitCode::usage);
        }
    }
    std::optional<spec::BenchSpec> a = load_side("--a", a_);
    if (!a.has_value()) return ExitCode::usage;
    const std::optional<spec::BenchSpec> b = load_side("--b", b_);
    if (!b.has_value()) return ExitCode::usage;
    const plan::CompareOptions options{.pairs = pairs_, .seed = order_seed_};
    auto plan = plan::build_compare_plan(*a, *b, options);
    if (!plan.has_value()) return refuse(plan.error(), ExitCode::usage);
    std::vector<spec::Json> documents{a->document, b->document};
    return run_bench({.kind = report::RunKind::compare,
                      .plan = std::move(*plan),
                      .spec = std::move(*a),
                      .p99_max_microseconds = std::nullopt,
                      .until_decided = until_decided_,
                      .settings = {a_.settings, b_.settings},
                      .documents = std::move(documents),
                      .compare_options = options},
                     flags_);
}

SweepVerb::SweepVerb(CLI::App& bench, Action& chosen) {
    CLI::App* const command = bench.add_subcommand(
        "sweep", "Finds the highest rate that is served, and latency on the way there and back");
    command->add_option("--slo", slo_, "What latency must keep below the knee: p99=40ms");
    spec_.declare(*command);
    flags_.declare(*command);
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

Outcome SweepVerb::run() const {
    const std::optional<double> slo = parse_slo(slo_);
    if (!slo_.empty() && !slo.has_value()) {
        return refuse(fmt::format("--slo ({}): must be p99=DURATION, for example p99=40ms", slo_),
                      ExitCode::usage);
    }
    std::optional<spec::BenchSpec> spec = load(spec_.layers());
    if (!spec.has_value()) return ExitCode::usage;
    if (spec->cells.size() != 1) {
        return refuse("a sweep is of one configuration, without a matrix", ExitCode::usage);
    }
    plan::Plan plan = plan::build_sweep_plan(*spec, {});
    return run_bench({.kind = report::RunKind::sweep,
                      .plan = std::move(plan),
                      .spec = std::move(*spec),
                      .p99_max_microseconds = slo},
                     flags_);
}

NullVerb::NullVerb(CLI::App& bench, Action& chosen) {
    CLI::App* const command = bench.add_subcommand(
        "null", "Measures the load generator itself, against a server that executes nothing");
    spec_.declare(*command);
    flags_.declare(*command);
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

// There is no ledger behind it whose balances could be right.
Outcome NullVerb::run() const {
    spec::Layers layers = spec_.layers();
    layers.overrides.push_back({.flag = "bench null", .pointer = "/load/audit", .text = "false"});
    std::optional<spec::BenchSpec> spec = load(layers);
    if (!spec.has_value()) return ExitCode::usage;
    plan::Plan plan = plan::build_bench_plan(*spec);
    return run_bench({.kind = report::RunKind::null,
                      .plan = std::move(plan),
                      .spec = std::move(*spec),
                      .p99_max_microseconds = std::nullopt},
                     flags_);
}

}  // namespace elytractl::cli
