#include "orchestrator/progress/live_view.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "orchestrator/progress/view_state.hpp"
#include "server/common/time.hpp"

using namespace elytractl::progress;
using elytra::nanoseconds_per_millisecond;
using elytra::nanoseconds_per_second;
using elytractl::quantities::Glyphs;
namespace run = elytractl::run;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

// The third of five measurements, four seconds into its measurement.
ViewState in_the_middle() {
    ViewState state;
    const auto at = [&](std::uint64_t when, run::Happening what) {
        state.apply({.at_nanoseconds = when * second, .what = std::move(what)});
    };
    run::MeasurementAnnounced announced{.index = 1, .total = 5};
    at(0, announced);
    at(20, run::MeasurementEnded{.index = 1});
    announced.index = 2;
    announced.subject = std::string("b");
    announced.rate = 92'000;
    announced.warm_up_nanoseconds = 5 * second;
    announced.measurement_nanoseconds = 10 * second;
    at(20, announced);
    at(21, run::MemberStarted{.member = "r0"});
    at(22, run::PhaseEntered{run::Phase::warm_up});
    at(27, run::PhaseEntered{run::Phase::measurement});
    run::IntervalPassed interval;
    interval.nanoseconds = 250 * nanoseconds_per_millisecond;
    for (const std::uint64_t accepted : {5'000U, 10'000U, 20'000U, 23'000U}) {
        interval.counts.accepted = accepted;
        at(30, interval);
    }
    interval.recent = {.nanoseconds = second,
                       .counts = {.offered = 92'000, .accepted = 91'500, .late = 92},
                       .p50_microseconds = 11'800,
                       .p99_microseconds = 31'000,
                       .max_microseconds = 1'240'000};
    at(31, interval);
    at(31, run::MemberSampled{
               .member = "r0", .cpu = 0.87, .sample = {.rss_bytes = std::uint64_t{3} << 30}});
    return state;
}

std::size_t columns(const std::string& line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

TEST_CASE("a wide view shows plan, traffic and members") {
    const std::vector<std::string> lines = live_view(in_the_middle(), {.width = 120});
    CHECK(lines == std::vector<std::string>{
                       "[###########           ]  52 %  run 3/5  b  92 000/s offered  "
                       "measurement 4 s  about 49 s left",
                       ",-*##  91 500/s  p50 11.8 ms  p99 31.0 ms  max 1.24 s  late 0.1 %  "
                       "dropped 0 %",
                       "r0 87 % cpu 3.00 GiB"});
}

TEST_CASE("no line is wider than the terminal, and nothing is lost") {
    for (const Glyphs glyphs : {Glyphs::ascii, Glyphs::unicode}) {
        for (std::size_t width = 20; width < 130; ++width) {
            CAPTURE(width);
            const std::vector<std::string> lines =
                live_view(in_the_middle(), {.width = width, .glyphs = glyphs});
            std::string all;
            for (const std::string& line : lines) {
                CHECK(columns(line) <= width);
                all += line;
                all += '\n';
            }
            for (const char* part :
                 {"52 %", "run 3/5", "p99 31.0 ms", "dropped 0 %", "r0 87 % cpu 3.00 GiB"}) {
                CHECK(all.find(part) != std::string::npos);
            }
        }
    }
}

TEST_CASE("colours mark what matters and take no column") {
    const ViewState state = in_the_middle();
    const std::vector<std::string> plain = live_view(state, {.width = 60});
    const std::vector<std::string> coloured =
        live_view(state, {.width = 60, .colour = Colour::ansi});
    REQUIRE(plain.size() == coloured.size());
    std::string all;
    for (const std::string& line : coloured) all += line;
    CHECK(all.find("\x1b[33mlate 0.1 %\x1b[0m") != std::string::npos);
    CHECK(all.find("\x1b[33mdropped") == std::string::npos);
    for (const std::string& line : plain) CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("a progress bar is filled by its share and never beyond") {
    CHECK(progress_bar(0, 10) == "[        ]");
    CHECK(progress_bar(0.5, 10) == "[####    ]");
    CHECK(progress_bar(1, 10) == "[########]");
    CHECK(progress_bar(7, 10) == "[########]");
}

TEST_CASE("the share of a plan that is done never falls") {
    ViewState state;
    double before = 0;
    std::uint64_t now = 0;
    for (std::uint32_t index = 0; index < 3; ++index) {
        run::MeasurementAnnounced announced{.index = index, .total = 3};
        announced.warm_up_nanoseconds = 2 * second;
        announced.measurement_nanoseconds = 4 * second;
        state.apply({.at_nanoseconds = now, .what = announced});
        for (int phase = 1; phase <= static_cast<int>(run::Phase::ended); ++phase) {
            state.apply(
                {.at_nanoseconds = now, .what = run::PhaseEntered{static_cast<run::Phase>(phase)}});
            for (int step = 0; step < 5; ++step) {
                CHECK(state.fraction() >= before);
                before = state.fraction();
                state.apply({.at_nanoseconds = now += second, .what = run::IntervalPassed{}});
            }
        }
        state.apply({.at_nanoseconds = now, .what = run::MeasurementEnded{.index = index}});
    }
    CHECK(state.fraction() == 1);
}
