#include <array>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "server/common/build_info.hpp"
#include "server/common/text.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/sweep.hpp"
#include "tests/sim/violation.hpp"
#include "tests/sim/world.hpp"

using namespace elytra;
using namespace elytra::sim;

namespace {

constexpr const char* usage =
    "usage: elytra_sim [--seed=N] [--seeds=N] [--seeds-file=PATH] [--trace=full]\n"
    "       elytra_sim --sweep [--seed=N]\n"
    "       elytra_sim --self-check [--seed=N] [--seeds=N]\n";

// Every this many seeds are played twice, to see that they lead to the same end.
constexpr std::uint64_t repeat_every = 10;

struct Options {
    std::optional<std::uint64_t> seed;
    std::uint64_t seeds = 1;
    std::string seeds_file;
    bool sweep = false;
    bool self_check = false;
    Trace trace = Trace::off;
};

struct Score {
    std::uint64_t passed = 0;
    std::uint64_t failed = 0;
};

// What to print when an assertion of the core ends the process; a signal handler has no other way
// to reach it.
std::array<char, 80> recipe{};

extern "C" void on_abort(int) {
    const char text[] = "to play it again: ";
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)!write(STDERR_FILENO, recipe.data(), std::char_traits<char>::length(recipe.data()));
}

void set_recipe(std::uint64_t seed, const char* mode) {
    std::snprintf(recipe.data(), recipe.size(), "elytra_sim%s --seed=%" PRIu64 "\n", mode, seed);
}

bool take_number(std::string_view argument, std::string_view name, std::uint64_t& value) {
    if (!argument.starts_with(name)) return false;
    value = std::strtoull(argument.substr(name.size()).data(), nullptr, 10);
    return true;
}

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int index = 1; index < argc; ++index) {
        const std::string_view argument = argv[index];
        std::uint64_t seed = 0;
        if (take_number(argument, "--seed=", seed)) {
            options.seed = seed;
        } else if (take_number(argument, "--seeds=", options.seeds)) {
        } else if (argument.starts_with("--seeds-file=")) {
            options.seeds_file = argument.substr(std::string_view("--seeds-file=").size());
        } else if (argument == "--sweep") {
            options.sweep = true;
        } else if (argument == "--self-check") {
            options.self_check = true;
        } else if (argument == "--trace=full") {
            options.trace = Trace::full;
        } else {
            return std::nullopt;
        }
    }
    return options;
}

// A line is a seed and what it once found; `#` starts a comment.
std::vector<std::uint64_t> read_seeds(const std::string& path) {
    std::vector<std::uint64_t> seeds;
    std::ifstream file(path);
    if (!file) std::fprintf(stderr, "cannot read %s\n", path.c_str());
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        seeds.push_back(std::strtoull(line.c_str(), nullptr, 10));
    }
    return seeds;
}

void print(const Tally& tally) {
    const auto line = [](const char* name, std::uint64_t value) {
        std::printf("  %-28s %" PRIu64 "\n", name, value);
    };
    line("runs", tally.runs);
    line("runs refused after damage", tally.runs_refused);
    line("requests answered", tally.requests_answered);
    line("replies sent again", tally.replies_resent);
    line("ops", tally.ops);
    line("checkpoints", tally.checkpoints);
    line("sessions pushed out", tally.sessions_pushed_out);
    line("clients evicted", tally.evictions);
    line("crashes", tally.crashes);
    line("crashes while opening", tally.crashes_while_opening);
    line("crashes with writes at risk", tally.crashes_with_writes_at_risk);
    line("logs with a torn tail", tally.torn_logs);
    line("jumps of the wall clock", tally.wall_steps);
    line("shortages of space", tally.space_shortages);
    constexpr std::array names{"bits flipped",  "sectors wrecked",    "sectors unreadable",
                               "writes lost",   "writes misdirected", "reads misdirected",
                               "flushes failed"};
    for (std::size_t fault = 0; fault < names.size(); ++fault) {
        line(names[fault], tally.media_faults[fault]);
    }
}

bool run_seed(std::uint64_t seed, Trace trace, Tally& tally) {
    set_recipe(seed, "");
    const Plan plan = plan_of(seed, PlantedBug::none);
    try {
        const RunResult result = World(plan, trace).run();
        tally += result.tally;
        if (seed % repeat_every != 0) return true;
        if (World(plan, Trace::off).run().digest == result.digest) return true;
        std::fprintf(stderr, "seed %" PRIu64 ": C7: two runs of a seed differ\n", seed);
    } catch (const Violation& violation) {
        std::fprintf(stderr, "seed %" PRIu64 ": %s\n%s\n", seed, violation.what(),
                     to_text(plan).c_str());
    }
    std::fprintf(stderr, "to play it again: %s", recipe.data());
    return false;
}

Score run_seeds(const Options& options) {
    std::vector<std::uint64_t> seeds;
    if (!options.seeds_file.empty()) {
        seeds = read_seeds(options.seeds_file);
    } else {
        for (std::uint64_t index = 0; index < options.seeds; ++index) {
            seeds.push_back(*options.seed + index);
        }
    }
    Score score;
    Tally tally;
    for (const std::uint64_t seed : seeds) {
        ++(run_seed(seed, options.trace, tally) ? score.passed : score.failed);
    }
    print(tally);
    return score;
}

void print(const char* name, const SweepResult& result) {
    std::printf("%s: %" PRIu64 " crash points, %" PRIu64 " images, %" PRIu64 " different; %" PRIu64
                " ops, %" PRIu64 " checkpoints, %" PRIu64 " restarts, %" PRIu64
                " laps of the log\n",
                name, result.crash_points, result.images, result.images_opened, result.ops,
                result.checkpoints, result.restarts, result.log_laps);
}

Score run_sweeps(std::uint64_t seed) {
    set_recipe(seed, " --sweep");
    Score score;
    const auto run = [&](const char* name, SweepResult (*sweep)(std::uint64_t)) {
        try {
            print(name, sweep(seed));
            ++score.passed;
        } catch (const Violation& violation) {
            std::fprintf(stderr, "%s: %s\nto play it again: %s", name, violation.what(),
                         recipe.data());
            ++score.failed;
        }
    };
    run("format", sweep_format);
    run("load", sweep_load);
    return score;
}

// How many seeds it takes to find the bug; none if `seeds` are not enough.
std::optional<std::uint64_t> seeds_to_find(PlantedBug bug, std::uint64_t first,
                                           std::uint64_t seeds) {
    for (std::uint64_t index = 0; index < seeds; ++index) {
        set_recipe(first + index, " --self-check");
        try {
            World(plan_of(first + index, bug), Trace::off).run();
        } catch (const Violation& violation) {
            std::printf("    %s\n", violation.what());
            return index + 1;
        }
    }
    return std::nullopt;
}

Score run_self_check(std::uint64_t seed, std::uint64_t seeds) {
    Score score;
    for (const PlantedBugName& planted : planted_bugs) {
        std::printf("%s\n", planted.name.data());
        const auto needed = seeds_to_find(planted.bug, seed, seeds);
        ++(needed.has_value() ? score.passed : score.failed);
        if (needed.has_value()) {
            std::printf("    found by seed %" PRIu64 " of %" PRIu64 "\n", *needed, seeds);
        } else {
            std::printf("    NOT found by %" PRIu64 " seeds\n", seeds);
        }
    }
    return score;
}

}  // namespace

int main(int argc, char** argv) {
    std::optional<Options> options = parse(argc, argv);
    if (!options.has_value()) {
        std::fputs(usage, stderr);
        return 2;
    }
    std::signal(SIGABRT, on_abort);
    if (!options->seed.has_value()) options->seed = std::random_device{}();
    std::printf("seed %" PRIu64 ", commit %s\n", *options->seed, build_commit.data());
    std::fflush(stdout);
    Score score;
    if (options->sweep) {
        score = run_sweeps(*options->seed);
    } else if (options->self_check) {
        score = run_self_check(*options->seed, options->seeds);
    } else {
        score = run_seeds(*options);
    }
    std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", score.passed, score.failed);
    return score.failed == 0 ? 0 : 1;
}
