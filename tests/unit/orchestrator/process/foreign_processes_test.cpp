#include "orchestrator/process/foreign_processes.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

using namespace elytractl;
using namespace elytractl::process;

namespace {

constexpr pid_t self = 100;

// Ticks a second differ between kernels; these tables are one second apart.
std::uint64_t ticks(double seconds) {
    return static_cast<std::uint64_t>(seconds * static_cast<double>(sysconf(_SC_CLK_TCK)));
}

ProcessReading reading_of(pid_t pid, pid_t parent, double own, double reaped = 0) {
    ProcessReading reading;
    reading.pid = pid;
    reading.parent = parent;
    reading.name = fmt::format("p{}", pid);
    reading.start_ticks = 1;
    reading.own_ticks = ticks(own);
    reading.reaped_ticks = ticks(reaped);
    return reading;
}

ProcessTable table(std::uint64_t second, std::vector<ProcessReading> processes) {
    return {.at = {.nanoseconds = second * 1'000'000'000}, .processes = std::move(processes)};
}

}  // namespace

TEST_CASE("the fields that tell one process from another are found behind any name") {
    const std::string line =
        "4711 (a) S 1 (\x1b[31m\xff) S 12 2 3 -1 -1 2097216 100 101 7 103 50 51 60 61 20 0 4 0 999 "
        "123456 77\n";
    const auto reading = parse_process(line);
    REQUIRE(reading.has_value());
    CHECK(reading->pid == 4711);
    CHECK(reading->parent == 12);
    CHECK(reading->name == "a) S 1 (?[31m?");
    CHECK(reading->of_kernel);
    CHECK(reading->own_ticks == 101);
    CHECK(reading->reaped_ticks == 121);
    CHECK(reading->start_ticks == 999);
    CHECK_FALSE(parse_process("").has_value());
    CHECK_FALSE(parse_process("x (y) S 1").has_value());
    CHECK_FALSE(parse_process("1 (y) S 1 2 3").has_value());
    CHECK_FALSE(parse_process(") 1 (").has_value());
}

TEST_CASE("this process is in the table of all, with its parent") {
    const ProcessTable now = read_processes();
    const auto found = std::ranges::find(now.processes, getpid(), &ProcessReading::pid);
    REQUIRE(found != now.processes.end());
    CHECK(found->parent == getppid());
    CHECK_FALSE(found->of_kernel);
}

TEST_CASE("what others used between two looks, the busiest first") {
    const ProcessTable earlier =
        table(1, {reading_of(1, 0, 5), reading_of(7, 1, 10), reading_of(8, 1, 3)});
    const ProcessTable later = table(2, {reading_of(1, 0, 5), reading_of(7, 1, 10.25),
                                         reading_of(8, 1, 4), reading_of(9, 1, 0.5)});
    const run::ForeignLoad load = foreign_load(earlier, later, self);
    CHECK(load.nanoseconds == 1'000'000'000);
    REQUIRE(load.processes.size() == 3);
    CHECK(load.processes[0].pid == 8);
    CHECK(load.processes[0].cpus == doctest::Approx(1.0));
    CHECK(load.processes[1].name == "p9");  // came in between
    CHECK(load.processes[1].cpus == doctest::Approx(0.5));
    CHECK(load.processes[2].cpus == doctest::Approx(0.25));
}

TEST_CASE("we, what we started and the kernel are nobody else") {
    ProcessReading kernel = reading_of(2, 0, 1);
    kernel.of_kernel = true;
    const ProcessTable later = table(2, {kernel, reading_of(self, 50, 1), reading_of(101, self, 1),
                                         reading_of(102, 101, 1), reading_of(50, 1, 0.5)});
    const run::ForeignLoad load = foreign_load(table(1, {}), later, self);
    REQUIRE(load.processes.size() == 1);
    CHECK(load.processes[0].pid == 50);  // who started us is somebody else
}

TEST_CASE("a child that came and went counts for its parent") {
    const ProcessTable earlier = table(1, {reading_of(7, 1, 1, 2)});
    const ProcessTable later = table(2, {reading_of(7, 1, 1, 2.75)});
    const run::ForeignLoad load = foreign_load(earlier, later, self);
    REQUIRE(load.processes.size() == 1);
    CHECK(load.processes[0].cpus == doctest::Approx(0.75));
}

TEST_CASE("of a child that ended only what it used in between counts for its parent") {
    // It had used four seconds before the first look, and a half after it.
    const ProcessTable earlier = table(1, {reading_of(7, 1, 1, 2), reading_of(8, 7, 3, 1)});
    const ProcessTable later = table(2, {reading_of(7, 1, 1, 6.5)});
    const run::ForeignLoad load = foreign_load(earlier, later, self);
    REQUIRE(load.processes.size() == 1);
    CHECK(load.processes[0].cpus == doctest::Approx(0.5));
    // Nobody waited for it: its parent has used nothing.
    CHECK(foreign_load(earlier, table(2, {reading_of(7, 1, 1, 2)}), self).processes.empty());
}

TEST_CASE("a pid that stands for another process now has no past") {
    ProcessReading other = reading_of(7, 1, 0.5);
    other.start_ticks = 2;
    const run::ForeignLoad load =
        foreign_load(table(1, {reading_of(7, 1, 10)}), table(2, {other}), self);
    REQUIRE(load.processes.size() == 1);
    CHECK(load.processes[0].cpus == doctest::Approx(0.5));
}

TEST_CASE("five are named at most, and none without time between the looks") {
    std::vector<ProcessReading> many;
    for (pid_t pid = 1; pid <= 9; ++pid) many.push_back(reading_of(pid, 0, 0.1 * pid));
    const run::ForeignLoad load = foreign_load(table(1, {}), table(2, many), self);
    REQUIRE(load.processes.size() == 5);
    CHECK(load.processes.front().pid == 9);
    CHECK(foreign_load(table(1, {}), table(1, many), self).processes.empty());
}
