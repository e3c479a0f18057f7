#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/traffic_options.hpp"
#include "orchestrator/spec/bench_spec.hpp"

namespace elytractl::plan {

enum class PlanKind : std::uint8_t { bench, compare, sweep };

// What a measurement is for.
enum class Role : std::uint8_t {
    measurement,
    probe,  // a closed loop that finds the maximum; rates of others are fractions of it
    noise,  // of a comparison: the same subject twice, to know what chance alone does
};

// Of a step of a sweep.
enum class Direction : std::uint8_t {
    up,
    down,
    overload,  // the highest rate once more, after the way down
    recovery,  // a lower one right after it: is it served as it was on the way up?
};

enum class StepKind : std::uint8_t {
    format,
    start,
    ready,  // a request is served
    setup,  // sessions and accounts
    warm_up,
    measure,
    drain,
    stop,
    remove,  // of the data files, where the cluster is ephemeral
};

// In the order of the enumerators.
inline constexpr std::array<std::string_view, 3> plan_kind_names{"bench", "compare", "sweep"};
inline constexpr std::array<std::string_view, 3> role_names{"measurement", "probe", "noise"};
inline constexpr std::array<std::string_view, 4> direction_names{"up", "down", "overload",
                                                                 "recovery"};
inline constexpr std::array<std::string_view, 4> place_names{"alone", "first", "between", "last"};
inline constexpr std::array<std::string_view, 9> step_names{
    "format", "start", "ready", "setup", "warm-up", "measure", "drain", "stop", "remove"};

struct Step {
    StepKind kind = StepKind::format;
    std::optional<std::uint32_t> member = {};  // none: of the cluster or of the load
    std::uint64_t expected_nanoseconds = 0;    // a guess, for the estimate
    std::uint64_t deadline_nanoseconds = 0;    // a step that takes longer has failed

    bool operator==(const Step&) const = default;
};

// Where a measurement stands in the life of its cluster.
enum class Place : std::uint8_t { alone, first, between, last };

// A load on a fresh cluster, and its end; or a step of what such a cluster is asked for one after
// another, without a pause.
struct Measurement {
    std::uint32_t index = 0;  // in the plan, from 0
    Role role = Role::measurement;
    std::uint32_t subject = 0;  // index into Plan::subjects
    std::uint32_t cell = 0;     // index into the cells of the subject
    std::uint32_t repeat = 0;
    std::optional<double> rate = {};           // events a second, where it is one flat rate
    std::optional<double> rate_fraction = {};  // of what the probe accepted
    std::optional<std::uint32_t> probe = {};   // index of that measurement
    std::optional<std::uint32_t> block = {};   // of a comparison; two measurements in each
    std::optional<Direction> direction = {};   // of a sweep
    Place place = Place::alone;
    std::vector<Step> steps = {};
};

// What is measured: one, or "a" and "b" of a comparison.
struct Subject {
    std::string name;  // empty for the only one
    std::vector<spec::Cell> cells;
};

// Everything that will run, in its order. What is printed is what is executed: both are this value.
struct Plan {
    PlanKind kind = PlanKind::bench;
    std::string name;
    std::uint64_t seed = 0;  // of the order of a comparison
    std::vector<Subject> subjects;
    std::vector<Measurement> measurements;

    const spec::Cell& cell_of(const Measurement& measurement) const {
        return subjects[measurement.subject].cells[measurement.cell];
    }
};

std::uint64_t expected_nanoseconds(const Measurement& measurement);
std::uint64_t expected_nanoseconds(const Plan& plan);
std::uint64_t deadline_nanoseconds(const Plan& plan);  // the sum of all deadlines

inline constexpr std::uint32_t environment_padding_max = 4096;

// By how many bytes the environment of the members is made longer: random, so that where their
// stacks begin is not the same in every repeat, but a function of the seed of the load and the
// index of the measurement.
std::uint32_t environment_padding(const Plan& plan, const Measurement& measurement);

// Of the load of a measurement: a probe is closed, what has a fraction is open.
elytra::bench::ArrivalModel arrival_model(const Plan& plan, const Measurement& measurement);

// The load of a measurement, complete. Requires: `probed` (events a second) where it has a
// fraction.
elytra::bench::TrafficOptions traffic_of(const Plan& plan, const Measurement& measurement,
                                         std::optional<double> probed);

}  // namespace elytractl::plan
