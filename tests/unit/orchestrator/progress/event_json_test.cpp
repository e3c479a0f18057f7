#include "orchestrator/progress/event_json.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "orchestrator/progress/event_stream.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytractl::progress;
using elytra::test::TempDirectory;
namespace run = elytractl::run;

TEST_CASE("every kind of event is an object with its name and its time") {
    struct Row {
        run::Happening what;
        const char* name;
    };

    const std::vector<Row> rows{
        {run::MeasurementAnnounced{}, "measurement_announced"},
        {run::PhaseEntered{}, "phase"},
        {run::MemberStarted{.member = "r0"}, "member_started"},
        {run::MemberListening{.member = "r0"}, "member_listening"},
        {run::IntervalPassed{}, "interval"},
        {run::MemberSampled{.member = "r0"}, "member_sample"},
        {run::MarkSeen{.mark = {.kind = "checkpoint", .member = "r0"}}, "mark"},
        {run::MemberEnded{.member = "r0"}, "member_ended"},
        {run::TroubleSeen{.text = "x"}, "error"},
        {run::InterruptSeen{}, "interrupt"},
        {run::MeasurementEnded{}, "measurement_ended"},
    };
    for (const Row& row : rows) {
        const nlohmann::json object = to_json({.at_nanoseconds = 1'500'000, .what = row.what});
        CHECK(object["event"] == row.name);
        CHECK(object["at_ms"] == 1.5);
    }
}

TEST_CASE("names in events are those that scripts know") {
    CHECK(to_json({.what = run::PhaseEntered{run::Phase::warm_up}})["phase"] == "warm-up");
    CHECK(
        to_json({.what = run::MeasurementEnded{
                     .completion = run::Completion::interrupted}})["completion"] == "interrupted");
    CHECK(to_json({.what = run::MemberEnded{.reason = run::ExitReason::never_ready}})["reason"] ==
          "never_ready");
}

TEST_CASE("a stream has one line for each event, whatever their texts hold") {
    const TempDirectory folder;
    auto stream = EventStream::open(folder.path("events.jsonl"));
    REQUIRE(stream.has_value());
    stream->write({.what = run::TroubleSeen{.text = "a\nb \xff"}});
    stream->write({.what = run::PhaseEntered{}});
    std::ifstream file(folder.path("events.jsonl"));
    std::vector<nlohmann::json> objects;
    for (std::string line; std::getline(file, line);) {
        objects.push_back(nlohmann::json::parse(line, nullptr, false));
    }
    REQUIRE(objects.size() == 2);
    CHECK(objects[0]["text"].get<std::string>().starts_with("a\nb "));
    CHECK(objects[1]["event"] == "phase");
    CHECK_FALSE(EventStream::open(folder.path("missing/events")).has_value());
}
