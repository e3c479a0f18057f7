#include "bench/load/traffic_request.hpp"

#include <doctest/doctest.h>

#include "server/client/request.hpp"
#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/elements.hpp"

using namespace elytra;
using namespace elytra::bench;

TEST_CASE("a batch becomes a request with the events of its units and what to expect of them") {
    MixOptions mix;
    mix.shares = {250, 250, 250, 250, 0};
    const MixedStream stream({.workload = {.account_count = 10}, .mix = mix});
    wire::MessagePool pool(1, wire::message_size_max);
    for (const Audited audited : {Audited::no, Audited::yes}) {
        TrafficRequest request;
        request.message = pool.acquire();
        for (std::uint64_t index = 5; index < 25; ++index) {
            request.batch.add(make_unit(stream, index));
        }
        write_request(stream, request, audited);
        CHECK(request.operation() == wire::Operation::create_transfers);
        CHECK(request.expected.size() == (audited == Audited::yes ? request.batch.events : 0));
        const std::span<const std::byte> body = request.message->body();
        CHECK(wire::body_valid(wire::Operation::create_transfers, body, wire::body_size_max));
        CHECK(request.message->frame().checksum_body == wire::checksum(body));
        const auto events = wire::elements<wire::Transfer>(
            body.first(request.batch.events * sizeof(wire::Transfer)));
        std::size_t at = 0;
        for (const Unit& unit : request.batch.units) {
            wire::Transfer alone[MixedStream::unit_events_max];
            const std::uint32_t count = stream.write(unit.index, alone, {});
            for (std::uint32_t event = 0; event < count; ++event) {
                CHECK(events[at++] == alone[event]);
            }
        }
    }
}

TEST_CASE("a query becomes a request of its own") {
    MixOptions mix;
    mix.shares = {0, 0, 0, 0, 1000};
    const MixedStream stream({.workload = {.account_count = 10}, .mix = mix});
    wire::MessagePool pool(1, wire::message_size_max);
    TrafficRequest request;
    request.message = pool.acquire();
    request.expected.resize(7);  // of the batch before
    request.batch.add(make_unit(stream, 3));
    write_request(stream, request, Audited::yes);
    CHECK(request.operation() == wire::Operation::get_account_transfers);
    CHECK(request.expected.empty());
    CHECK(request.filter.account_id == stream.query(3, 8189).account_id);
    CHECK(request.filter.limit == 8189);
    CHECK(wire::body_valid(request.operation(), request.message->body(), wire::body_size_max));
}
