#include "orchestrator/progress/plain_lines.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "orchestrator/progress/view_state.hpp"

using namespace elytractl::progress;
using elytra::nanoseconds_per_second;
namespace run = elytractl::run;

namespace {

// What is printed of events that come one after another.
struct Printer {
    std::vector<std::string> on(std::uint64_t seconds, run::Happening what) {
        const run::Event event{.at_nanoseconds = seconds * nanoseconds_per_second,
                               .what = std::move(what)};
        state.apply(event);
        return lines.lines(event, state);
    }

    ViewState state;
    PlainLines lines;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a run is told in lines that stand for themselves") {
    Printer printer;
    CHECK(printer.on(0, run::MeasurementAnnounced{.index = 0,
                                                  .total = 2,
                                                  .cell = {{"/load/clients", "4"}},
                                                  .members = 1,
                                                  .data_folder = "./brisk-otter",
                                                  .data_bytes = std::uint64_t{1} << 30}) ==
          Lines{"     0.0 s  run 1/2, clients 4: 1 data file in ./brisk-otter, room for 1.00 GiB "
                "(EPHEMERAL: removed at the end; --keep keeps them)"});
    CHECK(printer.on(1, run::PhaseEntered{run::Phase::warm_up}) == Lines{"     1.0 s  warm-up"});
    run::IntervalPassed interval;
    interval.recent = {.nanoseconds = nanoseconds_per_second,
                       .counts = {.offered = 1000, .accepted = 1000},
                       .p50_microseconds = 800,
                       .p99_microseconds = 2000,
                       .max_microseconds = 3000};
    CHECK(printer.on(2, interval).empty());
    printer.on(3, run::MemberSampled{.member = "r0", .cpu = 1.5, .sample = {.rss_bytes = 1024}});
    CHECK(printer.on(6, interval) ==
          Lines{"     6.0 s  1 000/s  p50 800 µs  p99 2.00 ms  max 3.00 ms  late 0 %  "
                "dropped 0 %  r0 150 % cpu 1.00 KiB"});
    CHECK(printer.on(7, interval).empty());
    CHECK(printer.on(8, run::TroubleSeen{"r0 was killed"}) ==
          Lines{"     8.0 s  error: r0 was killed"});
    CHECK(printer.on(8, run::InterruptSeen{1}) ==
          Lines{"     8.0 s  interrupted: stopping; once more kills"});
    CHECK(printer.on(9, run::MeasurementEnded{.completion = run::Completion::interrupted}) ==
          Lines{"     9.0 s  run 1 ended: interrupted"});
    CHECK(printer.on(9, run::MeasurementEnded{.index = 1, .steady = true}) ==
          Lines{"     9.0 s  run 2 ended: complete, steady"});
}
