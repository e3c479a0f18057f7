#include "tests/support/example_traffic.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "server/common/prng.hpp"

namespace elytractl::report {
namespace {

using elytra::Prng;
using elytra::bench::TrafficInterval;
using elytra::bench::TrafficLatency;
using elytra::bench::TrafficPhase;
using elytra::bench::TrafficResult;

constexpr std::uint64_t interval_nanoseconds = 250'000'000;
constexpr std::uint32_t warm_up_intervals = 20;
constexpr std::uint32_t checkpoint_intervals = 17;  // between two checkpoints
constexpr double events_per_batch = 512;

// Mean 0, deviation near 1: the sum of twelve uniform numbers.
double normal(Prng& prng) {
    double sum = -6;
    for (int draw = 0; draw < 12; ++draw) {
        sum += static_cast<double>(prng.below(1'000'000)) / 1e6;
    }
    return sum;
}

double uniform(Prng& prng) { return static_cast<double>(prng.below(1'000'000) + 1) / 1e6; }

struct Moment {
    TrafficPhase phase = TrafficPhase::warm_up;
    std::uint32_t index = 0;  // of the interval
    bool checkpoint = false;
    double backlog_milliseconds = 0;  // what the queue has grown to
};

struct BatchTimes {
    double fill = 0;  // milliseconds
    double queue = 0;
    double service = 0;

    double total() const { return fill + queue + service; }
};

BatchTimes draw_batch(const ExampleShape& shape, const Moment& moment, Prng& prng) {
    const double load = std::min(shape.rate.value_or(shape.capacity) / shape.capacity, 0.98);
    const double cold = 1 + 2.0 * std::exp(-static_cast<double>(moment.index) / 5.0);
    BatchTimes times;
    times.service = shape.service_milliseconds * std::exp(0.22 * normal(prng)) * cold;
    if (moment.checkpoint) times.service += 14 * uniform(prng);
    if (!shape.rate.has_value()) return times;
    times.fill = 2 * uniform(prng);
    times.queue = -std::log(uniform(prng)) * 0.4 / (1 - load) + moment.backlog_milliseconds;
    return times;
}

std::uint64_t microseconds(double milliseconds) {
    return static_cast<std::uint64_t>(milliseconds * 1000);
}

void record(TrafficLatency& latency, const BatchTimes& times, Prng& prng) {
    latency.batch.record_microseconds(microseconds(times.total()));
    latency.fill.record_microseconds(microseconds(times.fill));
    latency.queue.record_microseconds(microseconds(times.queue));
    latency.service.record_microseconds(microseconds(times.service));
    latency.lag.record_microseconds(20 + prng.below(40));
    for (int part = 0; part < 8; ++part) {
        const double waited = times.fill * uniform(prng) + times.queue + times.service;
        latency.event.add(microseconds(waited), static_cast<std::uint64_t>(events_per_batch / 8));
    }
}

TrafficInterval draw_interval(const ExampleShape& shape, const Moment& moment, Prng& prng,
                              TrafficLatency& latency) {
    const double ramp =
        moment.phase == TrafficPhase::warm_up ? std::min(1.0, (moment.index + 1) / 9.0) : 1.0;
    const double offered = shape.rate.value_or(shape.capacity) * ramp / 4;
    double served = std::min(offered, shape.capacity / 4) * (1 + 0.006 * normal(prng));
    if (moment.checkpoint) served *= 0.97;
    const std::uint64_t batches = static_cast<std::uint64_t>(served / events_per_batch);
    TrafficInterval interval{.phase = moment.phase,
                             .start_nanoseconds = moment.index * interval_nanoseconds,
                             .nanoseconds = interval_nanoseconds,
                             .counts = {},
                             .batch = {}};
    for (std::uint64_t batch = 0; batch < batches; ++batch) {
        const BatchTimes times = draw_batch(shape, moment, prng);
        record(latency, times, prng);
        interval.batch.record_microseconds(microseconds(times.total()));
    }
    const std::uint64_t events = static_cast<std::uint64_t>(served);
    const std::uint64_t intended = static_cast<std::uint64_t>(offered);
    interval.counts = {.offered = shape.rate.has_value() ? intended : events,
                       .sent = events,
                       .answered = events,
                       .accepted = events,
                       .late = moment.backlog_milliseconds > 10 ? events : 0,
                       .dropped = 0,
                       .requests = batches};
    return interval;
}

void add(elytra::bench::TrafficCounts& sum, const elytra::bench::TrafficCounts& counts) {
    sum.offered += counts.offered;
    sum.sent += counts.sent;
    sum.answered += counts.answered;
    sum.accepted += counts.accepted;
    sum.late += counts.late;
    sum.dropped += counts.dropped;
    sum.requests += counts.requests;
}

TrafficResult draw_traffic(const ExampleShape& shape, Prng& prng) {
    TrafficResult traffic;
    traffic.started = {.nanoseconds = 1'795'276'800ULL * elytra::nanoseconds_per_second};
    traffic.warm_up_nanoseconds = warm_up_intervals * interval_nanoseconds;
    traffic.measurement_nanoseconds = shape.measurement_seconds * elytra::nanoseconds_per_second;
    traffic.drain_nanoseconds = 31'000'000;
    const std::uint32_t intervals = warm_up_intervals + shape.measurement_seconds * 4;
    const double overload = std::max(0.0, shape.rate.value_or(0) / shape.capacity - 1);
    for (std::uint32_t index = 0; index < intervals; ++index) {
        const bool warm = index < warm_up_intervals;
        const Moment moment{.phase = warm ? TrafficPhase::warm_up : TrafficPhase::measurement,
                            .index = index,
                            .checkpoint = index % checkpoint_intervals == checkpoint_intervals - 1,
                            .backlog_milliseconds = overload * index * 250};
        TrafficInterval interval =
            draw_interval(shape, moment, prng, warm ? traffic.warm_up_latency : traffic.latency);
        add(warm ? traffic.warm_up : traffic.measurement, interval.counts);
        traffic.intervals.push_back(std::move(interval));
    }
    traffic.threads = {{.cpu_nanoseconds = traffic.measurement_nanoseconds / 5,
                        .nanoseconds = traffic.measurement_nanoseconds,
                        .audit_nanoseconds = traffic.measurement_nanoseconds / 26}};
    traffic.audit = {.enabled = true,
                     .events_checked = traffic.measurement.accepted + traffic.warm_up.accepted,
                     .accounts_checked = 10'000,
                     .findings = {}};
    return traffic;
}

run::MemberSample draw_sample(const TrafficInterval& interval, const run::MemberSample& before,
                              double share, Prng& prng) {
    const double events = static_cast<double>(interval.counts.accepted) * share;
    run::MemberSample sample = before;
    sample.at_nanoseconds = interval.start_nanoseconds + interval.nanoseconds;
    sample.rss_bytes += 2'000'000 + prng.below(500'000);
    sample.cpu_user_microseconds += static_cast<std::uint64_t>(events * 5.1);
    sample.cpu_system_microseconds += static_cast<std::uint64_t>(events * 1.4);
    sample.written_bytes += static_cast<std::uint64_t>(events * 402);
    sample.switches_voluntary += 300 + prng.below(80);
    sample.switches_involuntary += prng.below(12);
    sample.faults_minor += 500;
    sample.file_bytes += static_cast<std::uint64_t>(events * 290);
    return sample;
}

run::MemberOutcome draw_member(const TrafficResult& traffic, std::uint32_t number, Prng& prng) {
    const double share = number == 0 ? 1.0 : 0.45;
    run::MemberOutcome member;
    member.name = fmt::format("r{}", number);
    member.address = fmt::format("127.77.3.{}:3001", number + 1);
    member.command = {"./elytra", "start", "--addresses=127.77.3.1:3001,127.77.3.2:3001",
                      "--cache-grid=256MiB", fmt::format("./brisk-otter/r{}.elytra", number)};
    member.environment_bytes = 2211 + 97 * number;
    member.reason = run::ExitReason::stopped;
    member.file_empty = {.apparent = 1'127'219'200, .allocated = 1'127'219'200};
    member.log_path = fmt::format("logs/m0-{}.log", member.name);
    member.format_nanoseconds = 402'000'000;
    member.ready_nanoseconds = 311'000'000 + number * 40'000'000;
    run::MemberSample sample;
    sample.rss_bytes = 1'100'000'000;
    sample.file_bytes = 1'127'219'200;
    member.samples.push_back(sample);
    for (const TrafficInterval& interval : traffic.intervals) {
        sample = draw_sample(interval, sample, share, prng);
        member.samples.push_back(sample);
    }
    member.proportional_bytes = sample.rss_bytes - 4'000'000;
    member.file_final = {.apparent = sample.file_bytes, .allocated = sample.file_bytes};
    member.exit =
        elytra::io::ChildExit{.exit_code = 0,
                              .signal = 0,
                              .usage = {.max_rss_bytes = sample.rss_bytes,
                                        .user_microseconds = sample.cpu_user_microseconds,
                                        .system_microseconds = sample.cpu_system_microseconds,
                                        .minor_faults = sample.faults_minor,
                                        .major_faults = 0,
                                        .blocks_in = 0,
                                        .blocks_out = sample.written_bytes / 512,
                                        .voluntary_switches = sample.switches_voluntary,
                                        .involuntary_switches = sample.switches_involuntary}};
    return member;
}

void add_host(run::MeasurementOutcome& outcome, Prng& prng) {
    for (const TrafficInterval& interval : outcome.traffic->intervals) {
        const double work = 0.55 + 0.04 * normal(prng);
        outcome.host.push_back(
            {.at_nanoseconds = interval.start_nanoseconds + interval.nanoseconds,
             .pressure_cpu = std::clamp(work * 0.6 + 0.05 * normal(prng), 0.0, 1.0),
             .pressure_io = std::clamp(0.08 + 0.03 * normal(prng), 0.0, 1.0),
             .pressure_memory = 0.0,
             .steal = std::clamp(0.01 + 0.01 * normal(prng), 0.0, 1.0),
             .idle = std::clamp(0.9 - work, 0.0, 1.0)});
    }
}

void add_marks(run::MeasurementOutcome& outcome) {
    std::uint32_t index = 0;
    for (const TrafficInterval& interval : outcome.traffic->intervals) {
        if (index % checkpoint_intervals == checkpoint_intervals - 1) {
            outcome.marks.push_back({.at_nanoseconds = interval.start_nanoseconds + 40'000'000,
                                     .kind = "checkpoint",
                                     .member = "r0"});
        }
        if (index % 31 == 30) {
            outcome.marks.push_back({.at_nanoseconds = interval.start_nanoseconds + 90'000'000,
                                     .kind = "merge",
                                     .member = "r0"});
        }
        ++index;
    }
}

}  // namespace

run::MeasurementOutcome example_measurement(const ExampleShape& shape) {
    Prng prng(shape.seed * 1000 + shape.index);
    run::MeasurementOutcome outcome;
    outcome.index = shape.index;
    outcome.subject = shape.subject;
    outcome.rate = shape.rate;
    outcome.repeat = shape.repeat;
    outcome.steady = true;
    outcome.traffic = draw_traffic(shape, prng);
    for (std::uint32_t number = 0; number < shape.members; ++number) {
        outcome.members.push_back(draw_member(*outcome.traffic, number, prng));
    }
    add_host(outcome, prng);
    add_marks(outcome);
    outcome.system_before = {
        .load_average = 0.4, .pressure_cpu = 59.0, .pressure_io = 0.3, .pressure_memory = 0.0};
    outcome.system_after = outcome.system_before;
    outcome.foreign_before = {.nanoseconds = 1'900'000'000,
                              .processes = {{.name = "cc1plus", .pid = 4711, .cpus = 0.97}}};
    outcome.foreign_during = {.nanoseconds = outcome.traffic->measurement_nanoseconds,
                              .processes = {{.name = "ninja", .pid = 4700, .cpus = 0.04},
                                            {.name = "<cron>", .pid = 611, .cpus = 0.001}}};
    return outcome;
}

run::MeasurementOutcome example_failure(std::uint32_t index) {
    run::MeasurementOutcome outcome =
        example_measurement({.seed = 9, .index = index, .members = 2, .measurement_seconds = 3});
    outcome.completion = run::Completion::member_failed;
    outcome.steady = false;
    run::MemberOutcome& member = outcome.members.back();
    member.reason = run::ExitReason::disk_full;
    member.reason_text = "the disk is full: its last words were \"no space for <journal> & \xff\"";
    member.exit = elytra::io::ChildExit{.exit_code = 1, .signal = 0, .usage = {}};
    outcome.errors = {"r1 ended before its time"};
    outcome.traffic.reset();
    return outcome;
}

}  // namespace elytractl::report
