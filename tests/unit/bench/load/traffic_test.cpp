#include "bench/load/traffic.hpp"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/io/clock.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::FakeServer;
using elytra::test::run_until;
using wire::Operation;

namespace {

constexpr std::uint64_t second = nanoseconds_per_second;

TrafficOptions closed() {
    TrafficOptions options;
    options.workload.account_count = 20;
    options.batch_max = 10;
    options.interval_nanoseconds = 10 * nanoseconds_per_millisecond;
    return options;
}

TrafficOptions open(std::uint64_t rate) {
    TrafficOptions options = closed();
    options.arrival.model = ArrivalModel::open;
    options.arrival.process = ArrivalProcess::constant;
    options.arrival.stretches = {{rate, rate, second}};
    return options;
}

// A traffic to a server of its own, on one loop.
struct Scene {
    explicit Scene(const TrafficOptions& options)
        : interval_nanoseconds(options.interval_nanoseconds) {
        REQUIRE(validate(options).has_value());
        traffic.emplace(
            loop, options, std::vector{server.address()},
            TrafficEvents{
                .on_ready = [this] { ready = true; },
                .on_interval =
                    [this](const TrafficInterval& interval) { intervals.push_back(interval); },
                .on_step = [this](TrafficResult step) { steps.push_back(std::move(step)); },
                .on_done = [this](TrafficResult done) { result = std::move(done); }});
    }

    void begin() {
        traffic->start();
        run_until(loop, [this] { return ready; });
        begun = io::monotonic_now();
        traffic->begin_warm_up();
    }

    // Until so many intervals have passed that began after now, on the generators' own clock.
    void wait_for_intervals(std::uint64_t count) {
        const std::uint64_t passed = io::monotonic_now().nanoseconds - begun.nanoseconds;
        const std::uint64_t last = passed + (count - 1) * interval_nanoseconds;
        run_until(loop, [this, last] {
            return !intervals.empty() && intervals.back().start_nanoseconds >= last;
        });
    }

    void begin_measurement() {
        traffic->begin_measurement();
        run_until(loop, [this] {
            return !intervals.empty() && intervals.back().phase == TrafficPhase::measurement;
        });
    }

    TrafficResult& end() {
        traffic->finish();
        return await_result();
    }

    TrafficResult& await_result() {
        run_until(loop, [this] { return result.has_value(); });
        return *result;
    }

    // Ends the present step by another rate.
    const TrafficResult& go_on(std::uint64_t rate) {
        const std::size_t before = steps.size();
        begun = io::monotonic_now();
        traffic->begin_step(open(rate).arrival);
        run_until(loop, [this, before] { return steps.size() > before; });
        intervals.clear();
        return steps.back();
    }

    // Warm-up, measurement, drain.
    TrafficResult& run_all() {
        begin();
        wait_for_intervals(2);
        begin_measurement();
        wait_for_intervals(5);
        return end();
    }

    io::asio::io_context loop;
    FakeServer server{loop};
    std::optional<Traffic> traffic;
    std::uint64_t interval_nanoseconds;
    bool ready = false;
    Instant begun;  // not after the traffic, or its present step, did
    std::vector<TrafficInterval> intervals;
    std::vector<TrafficResult> steps;
    std::optional<TrafficResult> result;
};

std::uint64_t count_above(const LatencyHistogram& histogram, std::uint64_t microseconds) {
    std::uint64_t count = 0;
    const auto classes = histogram.classes();
    for (std::size_t index = 0; index < classes.size(); ++index) {
        if (LatencyHistogram::class_begin(index) > microseconds) count += classes[index];
    }
    return count;
}

TrafficCounts sum(const std::vector<TrafficInterval>& intervals) {
    TrafficCounts counts;
    for (const TrafficInterval& interval : intervals) counts.add(interval.counts);
    return counts;
}

}  // namespace

TEST_CASE("a closed traffic goes through its phases and its books balance") {
    TrafficOptions options = closed();
    options.clients = 3;
    options.threads = 2;
    Scene scene(options);
    const TrafficResult& result = scene.run_all();
    CHECK(result.errors == std::vector<std::string>{});
    CHECK(result.audit.findings == std::vector<std::string>{});
    CHECK(scene.server.accounts.size() == 20);
    CHECK(result.warm_up.accepted > 0);
    CHECK(result.measurement.accepted > 0);
    CHECK(result.warm_up_nanoseconds >= 2 * options.interval_nanoseconds);
    CHECK(result.measurement_nanoseconds >= 5 * options.interval_nanoseconds);

    const TrafficCounts counts = sum(scene.intervals);
    CHECK(counts.sent == scene.server.transfers.size());
    CHECK(counts.answered == counts.sent);
    CHECK(counts.accepted == counts.sent);
    CHECK(counts.sent == result.warm_up.sent + result.measurement.sent);
    CHECK(result.warm_up_latency.event.count() + result.latency.event.count() == counts.sent);
    CHECK(result.latency.fill.max() <= 1);
    CHECK(result.latency.queue.max() <= 1);
    CHECK(result.audit.enabled);
    CHECK(result.audit.events_checked >= counts.sent);
    CHECK(result.audit.accounts_checked == 20);
    REQUIRE(result.threads.size() == 2);
    for (const GeneratorThread& thread : result.threads) {
        CHECK(thread.nanoseconds == result.measurement_nanoseconds);
        CHECK(thread.audit_nanoseconds > 0);
        CHECK(thread.cpu_nanoseconds > thread.audit_nanoseconds);
    }
}

TEST_CASE("the intervals cover the traffic without a gap, in their phases") {
    Scene scene(open(5000));
    const TrafficResult& result = scene.run_all();
    REQUIRE(result.intervals.size() == scene.intervals.size());
    std::uint64_t end = 0;
    std::uint64_t measured = 0;
    for (const TrafficInterval& interval : result.intervals) {
        CHECK(interval.start_nanoseconds == end);
        end += interval.nanoseconds;
        if (interval.phase == TrafficPhase::measurement) measured += interval.nanoseconds;
    }
    CHECK(measured == result.measurement_nanoseconds);
}

TEST_CASE("an open traffic offers what the schedule says, whatever the server does") {
    constexpr std::uint64_t rate = 2000;
    TrafficOptions options = open(rate);
    options.clients = 4;
    options.threads = 2;
    options.linger_nanoseconds = 5 * nanoseconds_per_millisecond;
    Scene scene(options);
    const TrafficResult& result = scene.run_all();
    CHECK(result.passed());
    // Of a constant schedule, exactly; the phase may begin in the middle of a gap.
    const std::uint64_t expected = result.measurement_nanoseconds * rate / second;
    CHECK(result.measurement.offered >= expected - 1);
    CHECK(result.measurement.offered <= expected + 1);
    CHECK(result.measurement.sent == result.measurement.offered);
    CHECK(result.measurement.dropped == 0);
    CHECK(result.latency.event.count() == result.measurement.offered);
    CHECK(result.latency.fill.count() == result.latency.batch.count());
    CHECK(scene.server.transfers.size() == result.warm_up.sent + result.measurement.sent);
}

TEST_CASE("a stall of the server is in the percentiles of an open traffic, not of a closed one") {
    constexpr std::uint64_t stalled_intervals = 20;
    for (const ArrivalModel model : {ArrivalModel::open, ArrivalModel::closed}) {
        TrafficOptions options = model == ArrivalModel::open ? open(5000) : closed();
        Scene scene(options);
        bool stalled = false;
        scene.server.mishap = [&](Operation) {
            return stalled ? FakeServer::Mishap::hold : FakeServer::Mishap::none;
        };
        scene.begin();
        scene.wait_for_intervals(1);
        scene.begin_measurement();
        stalled = true;
        scene.wait_for_intervals(stalled_intervals);
        stalled = false;
        scene.server.release();
        scene.wait_for_intervals(5);
        const TrafficResult& result = scene.end();
        REQUIRE(result.passed());
        // What was offered in the first half of the stall waited for at least the other half.
        const std::uint64_t half = stalled_intervals / 2 * options.interval_nanoseconds;
        const std::uint64_t waited =
            count_above(result.latency.event, half / nanoseconds_per_microsecond);
        if (model == ArrivalModel::open) {
            CHECK(waited >= 5000 * half / second / 2);
            CHECK(result.measurement.late > 0);
        } else {
            CHECK(waited == options.batch_max);  // the one batch in flight
        }
    }
}

TEST_CASE("steps follow one another at one instant, and each follows its own schedule") {
    const std::uint64_t rates[] = {2000, 5000, 1000};
    TrafficOptions options = open(rates[0]);
    options.clients = 4;
    options.threads = 2;
    Scene scene(options);
    scene.begin();
    for (const std::uint64_t next : {rates[1], rates[2]}) {
        scene.wait_for_intervals(3);
        scene.begin_measurement();
        scene.wait_for_intervals(5);
        scene.go_on(next);
    }
    scene.wait_for_intervals(2);
    scene.begin_measurement();
    scene.wait_for_intervals(5);
    std::vector<TrafficResult> steps = scene.steps;
    steps.push_back(scene.end());
    REQUIRE(steps.size() == 3);
    CHECK(steps.back().passed());
    CHECK(steps.back().audit.accounts_checked == 20);

    std::uint64_t sent = 0;
    std::uint64_t accepted = 0;
    for (std::size_t index = 0; index < steps.size(); ++index) {
        CAPTURE(index);
        const TrafficResult& step = steps[index];
        CHECK(step.followed == (index + 1 < steps.size()));
        CHECK(step.warm_up_nanoseconds > 0);
        // Both phases together are the whole schedule until the step's end; a gap may be cut.
        const std::uint64_t length = step.warm_up_nanoseconds + step.measurement_nanoseconds;
        const std::uint64_t offered = step.warm_up.offered + step.measurement.offered;
        const std::uint64_t expected = length * rates[index] / second;
        CHECK(offered >= expected);
        CHECK(offered <= expected + options.threads);
        // Every event is in one histogram of the step in which it arrived.
        CHECK(step.warm_up_latency.event.count() == step.warm_up.offered);
        CHECK(step.latency.event.count() == step.measurement.offered);
        // The series begins with the step and has no gap.
        std::uint64_t end = 0;
        for (const TrafficInterval& interval : step.intervals) {
            CHECK(interval.start_nanoseconds == end);
            end += interval.nanoseconds;
            sent += interval.counts.sent;
            accepted += interval.counts.accepted;
        }
        CHECK(end >= length);
        if (step.followed) CHECK(end == length);
        CHECK(step.threads[0].nanoseconds == step.measurement_nanoseconds);
    }
    CHECK(sent == scene.server.transfers.size());
    CHECK(accepted == sent);
}

TEST_CASE("a backlog is carried into the next step: not lost, not counted twice, not forgotten") {
    constexpr std::uint64_t rate = 5000;
    Scene scene(open(rate));
    bool stalled = false;
    scene.server.mishap = [&](Operation) {
        return stalled ? FakeServer::Mishap::hold : FakeServer::Mishap::none;
    };
    scene.begin();
    scene.wait_for_intervals(2);
    scene.begin_measurement();
    stalled = true;
    scene.wait_for_intervals(10);
    const TrafficResult overloaded = scene.go_on(100);
    scene.wait_for_intervals(2);
    stalled = false;
    scene.server.release();
    scene.wait_for_intervals(2);
    scene.begin_measurement();
    scene.wait_for_intervals(5);
    const TrafficResult& after = scene.end();
    REQUIRE(after.passed());

    // Nothing was answered for eight intervals at least, and that is known at the step's end.
    CHECK(overloaded.carried_out >= 8 * rate / 100);
    CHECK(overloaded.latency.event.count() == overloaded.measurement.offered);
    CHECK(count_above(overloaded.latency.event, 40'000) >= 3 * rate / 100);
    // The next step answers it, beside its own few events, whose latencies alone are its own.
    CHECK(after.carried_in == overloaded.carried_out);
    const std::uint64_t offered = after.warm_up.offered + after.measurement.offered;
    CHECK(after.warm_up.answered + after.measurement.answered >= after.carried_in);
    CHECK(after.warm_up_latency.event.count() + after.latency.event.count() == offered);
    CHECK(scene.server.transfers.size() ==
          overloaded.warm_up.offered + overloaded.measurement.offered + offered);
}

TEST_CASE("a traffic that is finished right after a step was asked for still does both") {
    Scene scene(open(2000));
    scene.begin();
    scene.begin_measurement();
    scene.traffic->begin_step(open(100).arrival);
    const TrafficResult& last = scene.end();
    CHECK(last.passed());
    REQUIRE(scene.steps.size() == 1);
    CHECK(scene.steps[0].followed);
    CHECK(scene.steps[0].measurement.offered > 0);
    CHECK_FALSE(last.followed);
}

TEST_CASE("what finds no room in the backlog is dropped, and every event is accounted for") {
    TrafficOptions options = open(20'000);
    options.backlog_max = 100;
    Scene scene(options);
    bool stalled = false;
    scene.server.mishap = [&](Operation) {
        return stalled ? FakeServer::Mishap::hold : FakeServer::Mishap::none;
    };
    scene.begin();
    scene.begin_measurement();
    stalled = true;
    scene.wait_for_intervals(5);
    stalled = false;
    scene.server.release();
    const TrafficResult& result = scene.end();
    CHECK(result.passed());
    CHECK(result.measurement.dropped > 0);
    CHECK(result.measurement.offered == result.measurement.sent + result.measurement.dropped);
    CHECK(result.latency.event.count() == result.measurement.offered);
}

TEST_CASE("a mix of queries and transfers is answered and audited") {
    for (TrafficOptions options : {closed(), open(5000)}) {
        options.mix.shares = {800, 0, 0, 0, 200};
        Scene scene(options);
        const TrafficResult& result = scene.run_all();
        CHECK(result.errors == std::vector<std::string>{});
        CHECK(result.audit.findings == std::vector<std::string>{});
        CHECK(result.latency.query.count() > 0);
        CHECK(result.latency.batch.count() > 0);
        CHECK(result.latency.event.count() == result.measurement.sent);
    }
}

TEST_CASE("a client that thinks sends less") {
    TrafficOptions options = closed();
    options.arrival.think_nanoseconds = 20 * nanoseconds_per_millisecond;
    Scene scene(options);
    const TrafficResult& result = scene.run_all();
    CHECK(result.passed());
    const std::uint64_t thoughts = result.measurement_nanoseconds / (20 * 1'000'000);
    CHECK(result.measurement.requests <= thoughts + 1);
}

TEST_CASE("balances that are not those of the acknowledged transfers are found at the end") {
    Scene scene(closed());
    scene.server.mishap = [&](Operation operation) {
        if (operation == Operation::lookup_accounts) {
            scene.server.accounts.begin()->second.debits_posted += 1;
        }
        return FakeServer::Mishap::none;
    };
    const TrafficResult& result = scene.run_all();
    CHECK(result.errors.empty());
    CHECK(result.audit.findings.size() == 1);
    CHECK_FALSE(result.passed());
}

TEST_CASE("without the audit nothing is read back") {
    TrafficOptions options = closed();
    options.audit = false;
    Scene scene(options);
    scene.server.mishap = [](Operation operation) {
        CHECK(operation != Operation::lookup_accounts);
        return FakeServer::Mishap::none;
    };
    const TrafficResult& result = scene.run_all();
    CHECK(result.passed());
    CHECK_FALSE(result.audit.enabled);
    CHECK(result.measurement.accepted > 0);
    CHECK(result.threads.front().audit_nanoseconds == 0);
}

TEST_CASE("an eviction ends the traffic with its reason") {
    Scene scene(closed());
    bool evicting = false;
    scene.server.mishap = [&](Operation) {
        return evicting ? FakeServer::Mishap::evict : FakeServer::Mishap::none;
    };
    scene.begin();
    evicting = true;
    const TrafficResult& result = scene.await_result();
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0] == "the session was evicted: no_session (server release 0.17.9)");
}

TEST_CASE("a server that does not register sessions is given up") {
    TrafficOptions options = closed();
    options.register_timeout_nanoseconds = 50 * nanoseconds_per_millisecond;
    Scene scene(options);
    scene.server.mishap = [](Operation) { return FakeServer::Mishap::ignore; };
    scene.traffic->start();
    const TrafficResult& result = scene.await_result();
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].starts_with("no session within"));
    CHECK_FALSE(scene.ready);
}

TEST_CASE("a batch larger than the server takes is refused before anything is created") {
    Scene scene(closed());
    scene.server.batch_size_limit = 1024;
    scene.traffic->start();
    const TrafficResult& result = scene.await_result();
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0] == "batches of 10 events: 7 are accepted at most");
    CHECK(scene.server.accounts.empty());
}

TEST_CASE("a cluster that is not empty is refused") {
    Scene scene(closed());
    REQUIRE(scene.run_all().passed());
    scene.result.reset();
    scene.traffic.emplace(
        scene.loop, closed(), std::vector{scene.server.address()},
        TrafficEvents{.on_ready = {}, .on_interval = {}, .on_done = [&](TrafficResult done) {
                          scene.result = std::move(done);
                      }});
    scene.traffic->start();
    CHECK(scene.await_result().errors.size() == 1);
}

TEST_CASE(
    "answers that never come are waited for as long as allowed, and counted with their wait") {
    for (TrafficOptions options : {closed(), open(5000)}) {
        options.drain_timeout_nanoseconds = 30 * nanoseconds_per_millisecond;
        Scene scene(options);
        bool silent = false;
        scene.server.mishap = [&](Operation) {
            return silent ? FakeServer::Mishap::ignore : FakeServer::Mishap::none;
        };
        scene.begin();
        scene.begin_measurement();
        silent = true;
        scene.wait_for_intervals(2);
        const TrafficResult& result = scene.end();
        REQUIRE(result.errors.size() >= 1);
        CHECK(result.errors[0].starts_with("1 requests were not answered within"));
        CHECK(result.latency.event.max() >= 60'000);
        CHECK(result.latency.event.count() == result.measurement.offered);
        CHECK(result.measurement.offered == result.measurement.sent + result.measurement.dropped);
    }
}

TEST_CASE("a traffic may be ended in every phase") {
    SUBCASE("before the accounts exist") {
        Scene scene(closed());
        scene.traffic->start();
        CHECK(scene.end().errors == std::vector<std::string>{"ended before the accounts existed"});
    }
    SUBCASE("before it has begun") {
        Scene scene(closed());
        scene.traffic->start();
        run_until(scene.loop, [&] { return scene.ready; });
        CHECK(scene.end().passed());
    }
    SUBCASE("in the warm-up") {
        Scene scene(closed());
        scene.begin();
        scene.wait_for_intervals(2);
        const TrafficResult& result = scene.end();
        CHECK(result.passed());
        CHECK(result.measurement_nanoseconds == 0);
        CHECK(result.measurement == TrafficCounts{});
        CHECK(result.warm_up.accepted > 0);
    }
}

TEST_CASE("a destroyed traffic reports nothing") {
    Scene scene(open(10'000));
    scene.begin();
    scene.wait_for_intervals(1);
    scene.traffic.reset();
    const std::size_t reported = scene.intervals.size();
    scene.loop.poll();
    CHECK(scene.intervals.size() == reported);
    CHECK_FALSE(scene.result.has_value());
}
