#include "orchestrator/run/runner.hpp"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/time.hpp"

using namespace elytractl::run;
using elytra::nanoseconds_per_second;
using elytra::bench::TrafficInterval;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

RunnerOptions one_member() {
    return {.members = 1,
            .format_timeout_nanoseconds = 120 * second,
            .ready_timeout_nanoseconds = 30 * second,
            .setup_timeout_nanoseconds = 60 * second,
            .drain_timeout_nanoseconds = 90 * second,
            .stop_timeout_nanoseconds = 20 * second,
            .warm_up_minimum_nanoseconds = 2 * second,
            .warm_up_maximum_nanoseconds = 40 * second,
            .steady_window_nanoseconds = 3 * second,
            .duration_nanoseconds = 10 * second};
}

RunnerOptions three_members() {
    RunnerOptions options = one_member();
    options.members = 3;
    options.addresses = AddressSource::fixed;
    return options;
}

// Plays events given as text and notes what the runner asks for.
struct Play {
    explicit Play(const RunnerOptions& options)
        : runner(
              options,
              [this](std::span<const TrafficInterval> points) {
                  looked_back = points.size();
                  return steady;
              },
              [this] { return steps > 0 && steps-- > 0; }) {}

    // The actions that follow, joined by ", ".
    std::string on(const std::string& event) {
        tell(event);
        std::string text;
        for (const Action& action : runner.actions()) {
            text += (text.empty() ? "" : ", ") + to_text(action);
        }
        runner.clear_actions();
        return text;
    }

    // Events one after another; the actions of the last.
    std::string on_all(const std::string& events) {
        std::istringstream lines(events);
        std::string last;
        for (std::string event; std::getline(lines, event, ';');) last = on(event);
        return last;
    }

    void tell(const std::string& event) {
        std::istringstream words(event);
        std::string name;
        std::uint32_t member = 0;
        words >> name >> member;
        if (name == "start") return runner.start();
        if (name == "formatted") return runner.on_formatted(member, EndState::well);
        if (name == "unformatted") return runner.on_formatted(member, EndState::badly);
        if (name == "port") return runner.on_port(member);
        if (name == "garbage") return runner.on_unusable(member);
        if (name == "ready") return runner.on_ready();
        if (name == "exited") return runner.on_exited(member);
        if (name == "traffic-ready") return runner.on_traffic_ready();
        if (name == "interval") return tell_interval();
        if (name == "step-begun") return runner.on_step_begun();
        if (name == "checkpoint") return runner.on_checkpoint();
        if (name == "done") return runner.on_traffic_done(EndState::well);
        if (name == "undone") return runner.on_traffic_done(EndState::badly);
        if (name == "deadline") return runner.on_deadline();
        if (name == "interrupt") return runner.on_interrupt();
        FAIL("unknown event ", event);
    }

    void tell_interval() {
        TrafficInterval interval;
        interval.start_nanoseconds = at;
        interval.nanoseconds = second;
        at += second;
        runner.on_interval(interval);
    }

    Runner runner;
    bool steady = false;
    std::uint32_t steps = 0;  // that follow the first
    std::uint64_t at = 0;
    std::size_t looked_back = 0;
};

constexpr const char* until_setup = "start;formatted 0;port 0;ready";
constexpr const char* until_warm_up = "start;formatted 0;port 0;ready;traffic-ready";
constexpr const char* until_measurement = "start;formatted 0;port 0;ready;traffic-ready;deadline";
constexpr const char* until_drain =
    "start;formatted 0;port 0;ready;traffic-ready;deadline;deadline";
constexpr const char* until_stopping =
    "start;formatted 0;port 0;ready;traffic-ready;deadline;deadline;done";

}  // namespace

TEST_CASE("a measurement from its begin to its end") {
    Play play(one_member());
    CHECK(play.on("start") == "deadline 120 s, format 0");
    CHECK(play.on("formatted 0") == "deadline 30 s, spawn 0");
    CHECK(play.on("port 0") == "probe");
    CHECK(play.on("ready") == "deadline 60 s, start traffic");
    CHECK(play.on("traffic-ready") == "deadline 40 s, begin warm-up");
    CHECK(play.on("interval") == "");
    play.steady = true;
    CHECK(play.on("interval") == "deadline 10 s, begin measurement");
    CHECK(play.on("interval") == "");
    CHECK(play.on("deadline") == "deadline 90 s, finish traffic");
    CHECK(play.on("done") == "deadline 20 s, stop 0");
    CHECK(play.on("exited 0") == "no deadline, end");
    CHECK(play.runner.completion() == Completion::complete);
    CHECK(play.runner.steady());
    CHECK(play.runner.phase() == Phase::ended);
}

TEST_CASE("a measurement in steps warms up and measures each, and drains once") {
    RunnerOptions options = one_member();
    options.ramp_nanoseconds = 5 * second;
    Play play(options);
    play.steps = 2;
    CHECK(play.on_all(until_warm_up) == "deadline 45 s, begin warm-up");
    CHECK(play.on("deadline") == "deadline 10 s, begin measurement");
    CHECK(play.on("deadline") == "deadline 60 s, begin step");
    CHECK(play.on("step-begun") == "deadline 40 s");
    CHECK(play.runner.phase() == Phase::warm_up);
    // The ramp is of the first step alone; the minimum is of each.
    play.steady = true;
    play.at = 0;
    CHECK(play.on("interval") == "");
    CHECK_FALSE(play.runner.steady());
    CHECK(play.on("interval") == "deadline 10 s, begin measurement");
    CHECK(play.runner.steady());
    CHECK(play.on("deadline") == "deadline 60 s, begin step");
    CHECK(play.on("step-begun") == "deadline 40 s");
    CHECK_FALSE(play.runner.steady());
    // Intervals that belong to the measurement before tell nothing of this warm-up.
    TrafficInterval late;
    late.phase = elytra::bench::TrafficPhase::measurement;
    late.start_nanoseconds = 50 * second;
    late.nanoseconds = second;
    play.runner.on_interval(late);
    CHECK(play.runner.actions().empty());
    play.at = 0;
    CHECK(play.on_all("interval;interval") == "deadline 10 s, begin measurement");
    CHECK(play.on("deadline") == "deadline 90 s, finish traffic");
    CHECK(play.on_all("done;exited 0") == "no deadline, end");
    CHECK(play.runner.completion() == Completion::complete);
}

TEST_CASE("what ends a measurement ends it in a later step as well, and before that has begun") {
    for (const bool begun : {false, true}) {
        for (const char* const event : {"interrupt", "exited 0"}) {
            CAPTURE(event);
            Play play(one_member());
            play.steps = 5;
            play.on_all(until_measurement);
            CHECK(play.on("deadline") == "deadline 60 s, begin step");
            if (begun) play.on("step-begun");
            CHECK(play.on(event).ends_with("finish traffic"));
            CHECK(play.on("step-begun") == "");
            CHECK(play.on("done").starts_with("deadline 20 s"));
            CHECK(play.steps == 4);
        }
    }
}

TEST_CASE("a step that does not begin ends the measurement") {
    Play play(one_member());
    play.steps = 1;
    play.on_all(until_measurement);
    play.on("deadline");
    CHECK(play.runner.deadline_meaning() == std::string("the load did not begin its next step"));
    CHECK(play.on("deadline") == "drop traffic, deadline 20 s, stop 0");
    CHECK(play.runner.completion() == Completion::timed_out);
}

TEST_CASE("several members start together and are all stopped") {
    Play play(three_members());
    CHECK(play.on("start") == "deadline 120 s, format 0, format 1, format 2");
    CHECK(play.on("formatted 2") == "");
    CHECK(play.on("formatted 0") == "");
    CHECK(play.on("formatted 1") == "deadline 30 s, spawn 0, spawn 1, spawn 2, probe");
    CHECK(play.on("ready") == "deadline 60 s, start traffic");
    CHECK(play.on_all("traffic-ready;deadline;deadline;done") ==
          "deadline 20 s, stop 0, stop 1, stop 2");
    CHECK(play.on("exited 1") == "");
    CHECK(play.on("exited 0") == "");
    CHECK(play.on("exited 2") == "no deadline, end");
}

TEST_CASE("where one member cannot start, none of the others stays") {
    struct Row {
        const char* events;
        const char* actions;
    };

    const Row rows[] = {
        {"start;unformatted 1", "deadline 20 s, stop 0, stop 2"},
        {"start;formatted 0;formatted 1;unformatted 2", "deadline 20 s, no deadline, end"},
        {"start;formatted 0;formatted 1;formatted 2;exited 1", "deadline 20 s, stop 0, stop 2"},
        {"start;formatted 0;formatted 1;formatted 2;ready;exited 0",
         "deadline 2 s, finish traffic"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.events);
        Play play(three_members());
        CHECK(play.on_all(row.events) == row.actions);
        CHECK(play.runner.completion() == Completion::member_failed);
    }
}

TEST_CASE("every wait ends, and its end is named") {
    struct Row {
        const char* before;
        const char* actions;
        Completion completion;
        const char* meaning;
    };

    const Row rows[] = {
        {"start", "deadline 10 s, kill 0", Completion::timed_out, "format did not end"},
        {"start;formatted 0", "deadline 10 s, kill 0", Completion::timed_out,
         "the cluster served no request"},
        {"start;formatted 0;port 0", "deadline 10 s, kill 0", Completion::timed_out,
         "the cluster served no request"},
        {until_setup, "drop traffic, deadline 20 s, stop 0", Completion::timed_out,
         "the load could not register its sessions and create its accounts"},
        {until_warm_up, "deadline 10 s, begin measurement", Completion::complete, ""},
        {until_measurement, "deadline 90 s, finish traffic", Completion::complete, ""},
        {until_drain, "drop traffic, deadline 20 s, stop 0", Completion::timed_out,
         "the load did not end"},
        {until_stopping, "terminate 0, deadline 5 s", Completion::complete,
         "a member did not end when told to"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        Play play(one_member());
        play.on_all(row.before);
        CHECK(std::string(play.runner.deadline_meaning()) == row.meaning);
        CHECK(play.on("deadline") == row.actions);
        CHECK(play.runner.completion() == row.completion);
    }
}

TEST_CASE("a member that does not end is terminated, killed, and given up in the end") {
    Play play(one_member());
    CHECK(play.on_all(until_stopping) == "deadline 20 s, stop 0");
    CHECK(play.on("deadline") == "terminate 0, deadline 5 s");
    CHECK(play.on("deadline") == "deadline 10 s, kill 0");
    CHECK(play.on("deadline") == "end");
    CHECK(play.on("exited 0") == "");
    CHECK(play.runner.completion() == Completion::complete);
}

TEST_CASE("a member that ends before its time ends the measurement") {
    struct Row {
        const char* before;
        const char* actions;
    };

    const Row rows[] = {
        {"start;formatted 0", "deadline 20 s, no deadline, end"},
        {until_setup, "deadline 2 s, finish traffic"},
        {until_warm_up, "deadline 2 s, finish traffic"},
        {until_measurement, "deadline 2 s, finish traffic"},
        {until_drain, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        Play play(one_member());
        play.on_all(row.before);
        CHECK(play.on("exited 0") == row.actions);
        CHECK(play.runner.completion() == Completion::member_failed);
        if (play.runner.phase() == Phase::ended) continue;
        CHECK(play.on("deadline") == "drop traffic, deadline 20 s, no deadline, end");
        CHECK(play.runner.completion() == Completion::member_failed);
    }
}

TEST_CASE("load that cannot go on ends the measurement") {
    for (const char* before : {until_setup, until_warm_up, until_measurement}) {
        CAPTURE(before);
        Play play(one_member());
        play.on_all(before);
        CHECK(play.on("undone") == "deadline 20 s, stop 0");
        CHECK(play.runner.completion() == Completion::load_failed);
        CHECK(play.on("exited 0") == "no deadline, end");
    }
    Play play(one_member());
    play.on_all(until_drain);
    play.on("undone");
    CHECK(play.runner.completion() == Completion::load_failed);
}

TEST_CASE("the first interrupt is gentle in every state") {
    struct Row {
        const char* before;
        const char* actions;
        Completion completion;
    };

    const Row rows[] = {
        {"", "deadline 20 s, no deadline, end", Completion::interrupted},
        {"start", "deadline 20 s, stop 0", Completion::interrupted},
        {"start;formatted 0", "deadline 20 s, stop 0", Completion::interrupted},
        {"start;formatted 0;port 0", "deadline 20 s, stop 0", Completion::interrupted},
        {until_setup, "deadline 90 s, finish traffic", Completion::interrupted},
        {until_warm_up, "deadline 90 s, finish traffic", Completion::interrupted},
        {until_measurement, "deadline 90 s, finish traffic", Completion::interrupted},
        {until_drain, "", Completion::interrupted},
        {until_stopping, "", Completion::complete},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        Play play(one_member());
        play.on_all(row.before);
        CHECK(play.on("interrupt") == row.actions);
        CHECK(play.runner.completion() == row.completion);
    }
}

TEST_CASE("the second interrupt kills in every state") {
    struct Row {
        const char* before;
        const char* actions;
    };

    const Row rows[] = {
        {"start", "deadline 10 s, kill 0"},
        {"start;formatted 0", "deadline 10 s, kill 0"},
        {"start;formatted 0;port 0", "deadline 10 s, kill 0"},
        {until_setup, "drop traffic, deadline 10 s, kill 0"},
        {until_warm_up, "drop traffic, deadline 10 s, kill 0"},
        {until_measurement, "drop traffic, deadline 10 s, kill 0"},
        {until_drain, "drop traffic, deadline 10 s, kill 0"},
        {until_stopping, "deadline 10 s, kill 0"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        Play play(one_member());
        play.on_all(row.before);
        play.on("interrupt");
        CHECK(play.on("interrupt") == row.actions);
        CHECK(play.on("interrupt") == "");
        const std::string ended = std::string(row.before) == "start" ? "unformatted 0" : "exited 0";
        CHECK(play.on(ended) == "no deadline, end");
    }
}

TEST_CASE("a server that reports no port is killed") {
    Play play(one_member());
    play.on_all("start;formatted 0");
    CHECK(play.on("garbage 0") == "kill 0, deadline 20 s, stop 0");
    CHECK(play.on("exited 0") == "no deadline, end");
    CHECK(play.runner.completion() == Completion::member_failed);
}

TEST_CASE("a warm-up is steady neither before its minimum nor in its ramp") {
    RunnerOptions options = one_member();
    options.ramp_nanoseconds = 3 * second;
    options.warm_up_minimum_nanoseconds = 2 * second;
    Play play(options);
    play.steady = true;
    CHECK(play.on_all(until_warm_up) == "deadline 43 s, begin warm-up");
    play.at = 100 * second;
    CHECK(play.on_all("interval;interval;interval;interval") == "");
    CHECK(play.on("interval") == "deadline 10 s, begin measurement");
    CHECK(play.looked_back == 2);
}

TEST_CASE("the test for steadiness looks back on two windows and no further") {
    Play play(one_member());
    play.on_all(until_warm_up);
    for (int count = 0; count < 20; ++count) play.on("interval");
    CHECK(play.looked_back == 7);
}

TEST_CASE("a warm-up of fixed length asks nobody") {
    RunnerOptions options = one_member();
    options.warm_up_end = WarmUpEnd::minimum;
    Play play(options);
    play.steady = true;
    CHECK(play.on_all(until_warm_up) == "deadline 2 s, begin warm-up");
    CHECK(play.on_all("interval;interval;interval") == "");
    CHECK(play.on("deadline") == "deadline 10 s, begin measurement");
    CHECK_FALSE(play.runner.steady());
}

TEST_CASE("a measurement goes on until it has covered its checkpoints, within bounds") {
    RunnerOptions options = one_member();
    options.cover_checkpoints = 2;
    options.extension_max_nanoseconds = 50 * second;
    {
        Play play(options);
        play.on_all(until_measurement);
        CHECK(play.on_all("checkpoint;checkpoint") == "");
        CHECK(play.on("deadline") == "deadline 90 s, finish traffic");
    }
    {
        Play play(options);
        play.on_all(until_measurement);
        CHECK(play.on_all("checkpoint;deadline") == "deadline 50 s");
        CHECK(play.on("checkpoint") == "deadline 90 s, finish traffic");
    }
    {
        Play play(options);
        play.on_all(until_measurement);
        CHECK(play.on("deadline") == "deadline 50 s");
        CHECK(play.on("deadline") == "deadline 90 s, finish traffic");
    }
}
