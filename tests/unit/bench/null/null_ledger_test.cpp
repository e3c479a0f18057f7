#include "bench/null/null_ledger.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "server/wire/body.hpp"
#include "server/wire/header.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"
#include "tests/support/ledger_driver.hpp"

using namespace elytra;
using elytra::bench::Executor;
using elytra::bench::NullLedger;
using elytra::test::Bytes;
using wire::Operation;

namespace {

struct Answer {
    std::uint64_t timestamp;
    std::vector<Bytes> batches;
};

Answer ask(NullLedger& ledger, Operation operation, const std::vector<Bytes>& batches) {
    const Bytes body = test::request_body(operation, batches);
    REQUIRE(wire::body_valid(operation, body, wire::body_size_max));
    Bytes reply(wire::body_size_max);
    const Executor::Outcome outcome = ledger.execute(operation, body, reply);
    return {.timestamp = outcome.timestamp,
            .batches = test::reply_batches(operation, std::span(reply).first(outcome.size))};
}

}  // namespace

TEST_CASE("every event is created, at a time later than all before it") {
    NullLedger ledger;
    std::uint64_t last = 0;
    for (int request = 0; request < 3; ++request) {
        const Answer answer =
            ask(ledger, Operation::create_transfers,
                {Bytes(3 * sizeof(wire::Transfer)), Bytes(), Bytes(2 * sizeof(wire::Transfer))});
        REQUIRE(answer.batches.size() == 3);
        CHECK(answer.batches[1].empty());
        std::size_t count = 0;
        for (const Bytes& batch : answer.batches) {
            for (const auto& result : test::objects_of<wire::CreateResult>(batch)) {
                CHECK(result.status ==
                      static_cast<std::uint32_t>(wire::CreateTransferStatus::created));
                CHECK(result.timestamp > last);
                last = result.timestamp;
                ++count;
            }
        }
        CHECK(count == 5);
        CHECK(answer.timestamp == last);
    }
}

TEST_CASE("a full batch has room for all its results") {
    NullLedger ledger;
    const std::uint32_t events = wire::events_max(Operation::create_transfers, wire::body_size_max);
    const Answer answer =
        ask(ledger, Operation::create_transfers, {Bytes(events * sizeof(wire::Transfer))});
    CHECK(answer.batches.front().size() == events * sizeof(wire::CreateResult));
}

TEST_CASE("nothing is found, and creations of older clients have no failures") {
    NullLedger ledger;
    for (const wire::OperationTraits& traits : wire::detail::operation_table) {
        if (traits.kind == wire::OperationKind::control) continue;
        if (traits.kind == wire::OperationKind::create &&
            traits.result_form == wire::ResultForm::dense) {
            continue;
        }
        CAPTURE(traits.name);
        const Answer answer = ask(ledger, traits.operation, {Bytes(traits.event_size)});
        REQUIRE(answer.batches.size() == 1);
        CHECK(answer.batches.front().empty());
    }
}
