#include "bench/load/traffic_request.hpp"

#include <cstddef>
#include <cstring>
#include <span>

#include "server/client/request.hpp"
#include "server/common/assert.hpp"
#include "server/wire/body.hpp"
#include "server/wire/elements.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint32_t query_limit =
    wire::results_max(wire::Operation::get_account_transfers, wire::body_size_max);

std::size_t write_query(const MixedStream& stream, TrafficRequest& request) {
    request.expected.clear();
    request.filter = stream.query(request.batch.units.front().index, query_limit);
    std::memcpy(request.message->body_capacity().data(), &request.filter, sizeof(request.filter));
    return sizeof(request.filter);
}

std::size_t write_transfers(const MixedStream& stream, TrafficRequest& request, Audited audited) {
    std::span<wire::Transfer> events =
        wire::element_room<wire::Transfer>(request.message->body_capacity());
    request.expected.resize(audited == Audited::yes ? request.batch.events : 0);
    std::span<ExpectedEvent> expected(request.expected);
    for (const Unit& unit : request.batch.units) {
        const std::uint32_t written = stream.write(unit.index, events, expected);
        ELYTRA_ASSERT(written == unit.events);
        events = events.subspan(written);
        if (audited == Audited::yes) expected = expected.subspan(written);
    }
    return request.batch.events * sizeof(wire::Transfer);
}

}  // namespace

void write_request(const MixedStream& stream, TrafficRequest& request, Audited audited) {
    ELYTRA_ASSERT(!request.batch.empty());
    const std::size_t size = request.batch.is_query() ? write_query(stream, request)
                                                      : write_transfers(stream, request, audited);
    client::prepare_request(
        *request.message,
        client::finish_batch(request.operation(), size, request.message->body_capacity()));
}

}  // namespace elytra::bench
