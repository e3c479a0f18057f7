#include "server/client/request.hpp"

#include <cstring>
#include <optional>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/multi_batch.hpp"

namespace elytra::client {

void prepare_request(wire::Message& message, std::uint32_t body_size) {
    ELYTRA_ASSERT(body_size <= message.body_capacity().size());
    message.header<wire::RequestHeader>() = wire::RequestHeader{};
    message.frame().size = wire::header_size + body_size;
    message.frame().checksum_body = wire::checksum(message.body());
}

std::uint32_t encode_batch(wire::Operation operation, std::span<const std::byte> events,
                           std::span<std::byte> destination) {
    ELYTRA_ASSERT(events.size() <= destination.size());
    if (!events.empty()) std::memcpy(destination.data(), events.data(), events.size());
    return finish_batch(operation, events.size(), destination);
}

std::uint32_t finish_batch(wire::Operation operation, std::size_t events_size,
                           std::span<std::byte> destination) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    if (traits.encoding == wire::Encoding::plain) return narrow<std::uint32_t>(events_size);
    wire::MultiBatchEncoder encoder(destination, traits.event_size);
    encoder.end_batch(events_size);
    return encoder.finish();
}

std::span<const std::byte> results_of(wire::Operation operation, const wire::Message& reply) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    ELYTRA_ASSERT(traits.result_size > 0);
    if (traits.encoding == wire::Encoding::plain) return reply.body();
    auto batches = wire::MultiBatchDecoder::decode(reply.body(), traits.result_size);
    ELYTRA_ASSERT(batches.has_value());
    return *batches->next();
}

bool reply_body_valid(wire::Operation operation, std::span<const std::byte> request,
                      std::span<const std::byte> reply) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    if (traits.kind == wire::OperationKind::control) return reply.empty();
    std::uint64_t results = reply.size() / traits.result_size;
    if (traits.encoding == wire::Encoding::multi_batch) {
        const auto asked = wire::MultiBatchDecoder::decode(request, traits.event_size);
        const auto answered = wire::MultiBatchDecoder::decode(reply, traits.result_size);
        if (!answered.has_value()) return false;
        if (answered->batch_count() != asked->batch_count()) return false;
        results = answered->element_count();
    } else if (reply.size() % traits.result_size != 0) {
        return false;
    }
    return results <= wire::results_expected_max(operation, request);
}

}  // namespace elytra::client
