#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "bench/load/traffic.hpp"
#include "server/io/signals.hpp"
#include "tests/support/fake_driver.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::FakeDriver;
using elytra::test::run_until;
using wire::Operation;

// Traffic whose sessions are those of external drivers.
namespace {

using Bytes = FakeDriver::Bytes;

TrafficOptions closed(std::uint32_t clients) {
    TrafficOptions options;
    options.workload.account_count = 30;
    options.batch_max = 10;
    options.interval_nanoseconds = 10 * nanoseconds_per_millisecond;
    options.audit = false;  // the drivers have no ledger
    options.clients = clients;
    return options;
}

struct Scene {
    explicit Scene(const TrafficOptions& options) {
        io::ignore_write_signals();
        REQUIRE(validate(options).has_value());
        for (std::uint32_t index = 0; index < options.clients; ++index) {
            drivers.push_back(std::make_unique<FakeDriver>(loop, fmt::format("driver d{}", index)));
        }
        traffic.emplace(
            loop, options, std::vector{io::loopback(1)},
            TrafficEvents{.on_ready = [this] { ready = true; },
                          .on_interval = [this](const TrafficInterval&) { ++intervals; },
                          .on_done = [this](TrafficResult done) { result = std::move(done); }});
    }

    void start() {
        std::vector<DriverPipes> pipes;
        for (const auto& driver : drivers) pipes.push_back(driver->take_pipes());
        traffic->start(std::move(pipes));
    }

    void begin() {
        start();
        run_until(loop, [this] { return ready || result.has_value(); });
        REQUIRE(ready);
        traffic->begin_warm_up();
    }

    void wait_for_intervals(std::uint64_t count) {
        const std::uint64_t wanted = intervals + count;
        run_until(loop, [&] { return intervals >= wanted || result.has_value(); });
    }

    const TrafficResult& await_result() {
        run_until(loop, [this] { return result.has_value(); });
        return *result;
    }

    const TrafficResult& end() {
        traffic->finish();
        return await_result();
    }

    io::asio::io_context loop;
    std::vector<std::unique_ptr<FakeDriver>> drivers;
    std::optional<Traffic> traffic;
    bool ready = false;
    std::uint64_t intervals = 0;
    std::optional<TrafficResult> result;
};

// From the first transfers on.
std::function<Bytes(const DriverRequest&, const Bytes&)> at_transfers(
    std::function<Bytes(const Bytes&)> fault) {
    return [fault = std::move(fault)](const DriverRequest& request, const Bytes& right) {
        const bool transfers =
            static_cast<Operation>(request.operation) == Operation::create_transfers;
        return transfers ? fault(right) : right;
    };
}

}  // namespace

TEST_CASE("drivers carry a load as sessions of our own do, on several threads") {
    TrafficOptions options = closed(3);
    options.threads = 2;
    SUBCASE("closed") {}
    SUBCASE("open") {
        options.arrival.model = ArrivalModel::open;
        options.arrival.stretches = {{5000, 5000, nanoseconds_per_second}};
    }
    SUBCASE("with queries") { options.mix.shares = {500, 0, 0, 0, 500}; }
    Scene scene(options);
    scene.begin();
    scene.wait_for_intervals(2);
    scene.traffic->begin_measurement();
    scene.wait_for_intervals(6);
    const TrafficResult& result = scene.end();
    CHECK(result.errors == std::vector<std::string>{});
    CHECK(result.measurement.accepted > 0);
    CHECK(result.measurement.accepted == result.measurement.answered);
    CHECK(result.latency.service.count() > 0);
    std::uint32_t requests = 0;
    for (const auto& driver : scene.drivers) {
        requests += driver->requests_received;
        CHECK_FALSE(driver->input_ended);
    }
    CHECK(requests >= result.measurement.requests);
    scene.traffic.reset();
    run_until(scene.loop, [&] { return scene.drivers.back()->input_ended; });
}

TEST_CASE("a driver that fails in the load ends it, and the reason is told once") {
    Scene scene(closed(2));
    scene.drivers[0]->answer = at_transfers([](const Bytes& right) {
        Bytes wrong = right;
        wrong[0] ^= std::byte{0x40};
        return wrong;
    });
    scene.begin();
    const TrafficResult& result = scene.await_result();
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors.front().find("(create_transfers) was in flight") != std::string::npos);
    CHECK_FALSE(result.passed());
}

TEST_CASE("a driver that says no hello, or does not answer, is waited for as long as allowed") {
    TrafficOptions options = closed(2);
    options.register_timeout_nanoseconds = nanoseconds_per_second;
    Scene scene(options);
    SUBCASE("no hello") {
        scene.drivers[1]->hello.clear();
        scene.start();
        CHECK(scene.await_result().errors ==
              std::vector<std::string>{"no session within 1 s: driver d1: its hello is missing"});
    }
    SUBCASE("no answer") {
        scene.drivers[1]->answer = [](const auto&, const auto&) { return Bytes(); };
        scene.drivers[0]->answer = scene.drivers[1]->answer;
        scene.start();
        CHECK(scene.await_result().errors ==
              std::vector<std::string>{"no answer to the creation of accounts within 1 s: driver "
                                       "d0: the answer to request 1 (create_accounts) is missing"});
    }
}

TEST_CASE("answers that a driver owes at the end are given up and counted") {
    TrafficOptions options = closed(1);
    options.drain_timeout_nanoseconds = 20 * nanoseconds_per_millisecond;
    Scene scene(options);
    scene.drivers[0]->answer = at_transfers([](const Bytes&) { return Bytes(); });
    scene.begin();
    scene.wait_for_intervals(1);
    const TrafficResult& result = scene.end();
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors.front().starts_with("1 requests were not answered within"));
}

TEST_CASE("batches that are too large for a driver are refused before anything is sent") {
    TrafficOptions options = closed(2);
    options.batch_max = 101;
    Scene scene(options);
    scene.start();
    CHECK(scene.await_result().errors ==
          std::vector<std::string>{"batches of 101 events: 100 are accepted at most"});
    CHECK(scene.drivers[0]->requests_received == 0);
}

TEST_CASE("drivers that take different numbers of events share the accounts") {
    TrafficOptions options = closed(2);
    options.threads = 2;
    options.workload.account_count = 250;
    Scene scene(options);
    scene.drivers[1]->hello = test::bytes_of(encode(DriverHello{.events_max = 20}));
    std::uint64_t accounts = 0;
    for (const auto& driver : scene.drivers) {
        driver->answer = [&](const DriverRequest& request, const Bytes& right) {
            accounts += request.size / 128;
            return right;
        };
    }
    scene.start();
    run_until(scene.loop, [&] { return scene.ready; });
    CHECK(accounts == 250);
    CHECK(scene.drivers[0]->requests_received == 2);
    CHECK(scene.drivers[1]->requests_received == 7);
}
