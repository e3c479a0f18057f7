#include "orchestrator/process/process_readings.hpp"

#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "server/common/time.hpp"

using namespace elytractl::process;

TEST_CASE("the fields of a process are found behind any name") {
    const std::string line =
        "4711 (a) S 1 (b) S 1 2 3 4 5 6 100 101 7 103 50 51 0 0 20 0 4 0 999 123456 77 18 0 0\n";
    const auto reading = parse_stat(line);
    REQUIRE(reading.has_value());
    CHECK(reading->faults_minor == 100);
    CHECK(reading->faults_major == 7);
    CHECK(reading->user_ticks == 50);
    CHECK(reading->system_ticks == 51);
    CHECK(reading->rss_pages == 77);
    CHECK_FALSE(parse_stat("").has_value());
    CHECK_FALSE(parse_stat("4711 (a) S 1 2").has_value());
}

TEST_CASE("fields of lists with and without colons") {
    CHECK(field_of("oom_kill_x 4\noom_kill 3\n", "oom_kill") == 3);
    CHECK(field_of("write_bytes: 4096\n", "write_bytes") == 4096);
    CHECK(field_of("Vm:\n", "Vm") == 0);
    CHECK(field_of("", "x") == 0);
}

TEST_CASE("a process that exists can be read, another cannot") {
    const auto sample = read_process(getpid());
    REQUIRE(sample.has_value());
    CHECK(sample->rss_bytes > 0);
    CHECK(sample->switches_voluntary + sample->switches_involuntary > 0);
    CHECK_FALSE(read_process(-1).has_value());
}

TEST_CASE("shares of the machine come from the difference of two readings") {
    HostReading earlier;
    HostReading later;
    parse_cpu_line("cpu  100 0 50 800 50 0 0 0 0 0", earlier);
    parse_cpu_line("cpu  130 0 60 830 60 0 0 20 0 0", later);
    later.at_nanoseconds = elytra::nanoseconds_per_second;
    earlier.pressure_io = 1'000'000;
    later.pressure_io = 1'250'000;
    const auto sample = difference(earlier, later);
    CHECK(sample.idle == doctest::Approx(0.4));
    CHECK(sample.steal == doctest::Approx(0.2));
    CHECK(sample.pressure_io == doctest::Approx(0.25));
    CHECK_FALSE(sample.pressure_cpu.has_value());
}
