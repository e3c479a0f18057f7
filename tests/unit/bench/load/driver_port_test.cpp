#include "bench/load/driver_port.hpp"

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "server/client/request.hpp"
#include "server/io/signals.hpp"
#include "server/wire/elements.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"
#include "tests/support/fake_driver.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra;
using namespace elytra::bench;
using elytra::test::bytes_of;
using elytra::test::FakeDriver;
using elytra::test::run_until;
using wire::Operation;

namespace {

using Bytes = FakeDriver::Bytes;

Bytes text_bytes(std::string_view text) {
    Bytes bytes;
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
}

struct Scene {
    Scene() { io::ignore_write_signals(); }

    // The failure, or nothing where the hello was accepted.
    std::optional<std::string> connect() {
        std::optional<Result<void, std::string>> outcome;
        port.connect([&](const Result<void, std::string>& ready) { outcome = ready; });
        run_until(loop, [&] { return outcome.has_value(); });
        return outcome->has_value() ? std::nullopt : std::optional(outcome->error());
    }

    void begin(std::uint32_t transfers) {
        wire::MessageRef request = port.acquire();
        std::memset(request->body_capacity().data(), 0, transfers * sizeof(wire::Transfer));
        client::prepare_request(*request, client::finish_batch(Operation::create_transfers,
                                                               transfers * sizeof(wire::Transfer),
                                                               request->body_capacity()));
        results.reset();
        failure.reset();
        port.submit(Operation::create_transfers, std::move(request),
                    [this](const TrafficPort::Reply& reply) {
                        if (!reply.has_value()) {
                            failure = reply.error();
                            return;
                        }
                        const auto elements = wire::elements<wire::CreateResult>(*reply);
                        results.emplace(elements.begin(), elements.end());
                    });
    }

    void create(std::uint32_t transfers) {
        begin(transfers);
        run_until(loop, [&] { return results.has_value() || failure.has_value(); });
    }

    // Why the port failed where the driver answers so.
    std::string failure_of(std::function<Bytes(const DriverRequest&, const Bytes&)> answer) {
        REQUIRE_FALSE(connect().has_value());
        driver.answer = std::move(answer);
        create(3);
        REQUIRE(failure.has_value());
        CHECK_FALSE(port.idle());
        CHECK(port.failure() == failure);
        run_until(loop, [&] { return driver.input_ended; });
        return *failure;
    }

    io::asio::io_context loop;
    FakeDriver driver{loop};
    DriverPort port{loop, driver.take_pipes()};
    std::optional<std::vector<wire::CreateResult>> results;
    std::optional<std::string> failure;
};

}  // namespace

TEST_CASE("a driver that says hello has a session, which answers one request after another") {
    Scene scene;
    REQUIRE_FALSE(scene.connect().has_value());
    CHECK(scene.port.idle());
    CHECK(scene.port.events_max(Operation::create_transfers) == 100);
    CHECK(scene.port.events_max(Operation::get_account_transfers) == 1);
    std::vector<DriverRequest> asked;
    scene.driver.answer = [&](const DriverRequest& request, const Bytes& right) {
        asked.push_back(request);
        return right;
    };
    for (const std::uint32_t transfers : {1U, 100U, 7U}) {
        scene.create(transfers);
        REQUIRE(scene.results.has_value());
        CHECK(scene.results->size() == transfers);
        CHECK(scene.results->back().status ==
              static_cast<std::uint32_t>(wire::CreateTransferStatus::created));
        CHECK(scene.port.idle());
    }
    REQUIRE(asked.size() == 3);
    CHECK(asked[1] == DriverRequest{.number = 2, .operation = 147, .size = 100 * 128});
    CHECK(asked[2].number == 3);
    CHECK_FALSE(scene.port.failure().has_value());
    scene.port.close();
    run_until(scene.loop, [&] { return scene.driver.input_ended; });
}

TEST_CASE("a hello that is none ends the session before it begins") {
    struct Row {
        Bytes hello;
        const char* why;
    };

    const Row rows[] = {
        {text_bytes("Listening on port 80"), "driver d0: it said \"Listening on por\""},
        {bytes_of(encode(DriverHello{.version = 3, .events_max = 1})), "version 3"},
        {bytes_of(encode(DriverHello{.events_max = 0})), "0 events"},
    };
    for (const Row& row : rows) {
        Scene scene;
        scene.driver.hello = row.hello;
        const std::optional<std::string> failure = scene.connect();
        REQUIRE(failure.has_value());
        CAPTURE(*failure);
        CHECK(failure->find(row.why) != std::string::npos);
        CHECK(scene.port.failure() == failure);
    }
}

TEST_CASE("a driver that ends before or within its hello is told from one that says too little") {
    for (const Bytes& hello : {Bytes(), text_bytes("ELYD")}) {
        Scene scene;
        scene.driver.hello = hello;
        io::asio::post(scene.loop, [&] {
            // Behind what it says.
            io::asio::post(scene.loop, [&] { scene.driver.end(); });
        });
        const std::optional<std::string> failure = scene.connect();
        REQUIRE(failure.has_value());
        CHECK(*failure == (hello.empty() ? "driver d0: its output ended before its hello"
                                         : "driver d0: its output ended within its hello"));
    }
}

TEST_CASE("an answer that is none ends the session with its reason") {
    const auto failure_of = [](std::uint64_t number, std::uint32_t size) {
        return Scene().failure_of([=](const auto&, const auto&) {
            return bytes_of(encode(DriverAnswer{.number = number, .size = size}));
        });
    };
    CHECK(failure_of(2, 48) ==
          "driver d0: it answered request 2 while request 1 (create_transfers) was in flight");
    CHECK(failure_of(1, 40).find("no whole results of 16 bytes") != std::string::npos);
    CHECK(failure_of(1, 64).find("4 results, at most 3") != std::string::npos);
}

TEST_CASE("a driver that ends with a request in flight leaves it unanswered") {
    for (const std::size_t said : {0U, 4U, 20U}) {
        CAPTURE(said);
        Scene scene;
        REQUIRE_FALSE(scene.connect().has_value());
        scene.driver.answer = [&](const DriverRequest&, const Bytes& right) {
            const Bytes begin(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(said));
            io::asio::post(scene.loop, [&] { scene.driver.end(); });
            return begin;
        };
        scene.create(2);
        REQUIRE(scene.failure.has_value());
        CHECK(*scene.failure == (said == 0
                                     ? "driver d0: its output ended before the answer to request 1 "
                                       "(create_transfers)"
                                     : "driver d0: its output ended within the answer to request 1 "
                                       "(create_transfers)"));
    }
}

TEST_CASE("what a driver says between two requests is found before the next one") {
    for (const bool ends : {false, true}) {
        Scene scene;
        REQUIRE_FALSE(scene.connect().has_value());
        if (ends) {
            scene.driver.end();
        } else {
            scene.driver.say(bytes_of(encode(DriverAnswer{.number = 1})));
        }
        run_until(scene.loop, [&] { return scene.port.failure().has_value(); });
        CHECK_FALSE(scene.port.idle());
        CHECK(*scene.port.failure() ==
              (ends ? "driver d0: its output ended before the end of its input"
                    : "driver d0: it answered although nothing was asked"));
    }
}

TEST_CASE("how it stands with a driver tells what is missing") {
    Scene scene;
    CHECK(scene.port.describe() == "driver d0: its hello is missing");
    REQUIRE_FALSE(scene.connect().has_value());
    CHECK(scene.port.describe() == "driver d0: nothing is asked of it");
    scene.driver.answer = [](const auto&, const auto&) { return Bytes(); };
    scene.begin(1);
    CHECK(scene.port.describe() ==
          "driver d0: the answer to request 1 (create_transfers) is missing");
}
