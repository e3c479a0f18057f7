#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "server/common/assert.hpp"
#include "server/wire/admission.hpp"
#include "server/wire/body.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/operation.hpp"

using namespace elytra;
using namespace elytra::wire;

namespace {

// A request of an ordinary session. The input is laid over it bit by bit, so that each byte that is
// not zero is one deviation.
RequestHeader ordinary_request() {
    RequestHeader header;
    header.frame.command = static_cast<std::uint8_t>(Command::request);
    header.frame.release = release_server.value;
    header.client = 1;
    header.session = 1;
    header.request = 1;
    header.operation = static_cast<std::uint8_t>(Operation::lookup_accounts);
    return header;
}

void fill(Message& message, std::span<const std::byte> input) {
    const std::size_t size = std::min<std::size_t>(input.size(), message_size_max);
    const std::span<std::byte> bytes = message.receive_capacity();
    message.header<RequestHeader>() = ordinary_request();
    message.frame().size = static_cast<std::uint32_t>(std::max<std::size_t>(size, header_size));
    for (std::size_t i = 0; i < std::min<std::size_t>(size, header_size); ++i) bytes[i] ^= input[i];
    if (size > header_size)
        std::ranges::copy(input.subspan(header_size), message.body_capacity().begin());
}

// Every rule takes any header without a complaint of a sanitizer.
void check_as_every_type(const Message& message) {
    const bool accepted[] = {well_formed(message.header<PingClientHeader>()),
                             well_formed(message.header<PongClientHeader>()),
                             well_formed(message.header<RequestHeader>()),
                             well_formed(message.header<ReplyHeader>()),
                             well_formed(message.header<EvictionHeader>()),
                             well_formed(message.header<PrepareHeader>())};
    ELYTRA_ASSERT(std::ranges::count(accepted, true) <= 1);
}

void check_ping(const Message& message) {
    const auto& header = message.header<PingClientHeader>();
    if (!well_formed(header) || refuse_ping(header, {}).has_value()) return;
    ELYTRA_ASSERT(header.client != 0 && header.frame.size == header_size);
}

void check_request(const Message& message) {
    const auto& header = message.header<RequestHeader>();
    if (!well_formed(header)) return;
    ELYTRA_ASSERT(header.client != 0);
    if (refuse_request(header, message.body(), {}).has_value()) return;
    const auto operation = to_operation(header.operation);
    ELYTRA_ASSERT(operation.has_value() && operation != Operation::pulse);
    ELYTRA_ASSERT(body_valid(*operation, message.body(), body_size_max));
    const std::uint64_t created = events_to_create(*operation, message.body());
    ELYTRA_ASSERT(created * traits_of(*operation).event_size <= message.body().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static MessagePool pool(1, message_size_max);
    const MessageRef message = pool.acquire();
    fill(*message, std::as_bytes(std::span(data, size)));
    const std::uint32_t size_true = message->frame().size;

    auto& header = message->header<Header>();
    const std::span<const std::byte> header_bytes = std::as_bytes(std::span(&header, 1));
    static_cast<void>(decode_header(header_bytes, message_size_max));
    seal_header(header);
    const auto decoded = decode_header(header_bytes, message_size_max);
    check_as_every_type(*message);
    if (!decoded.has_value()) return 0;
    ELYTRA_ASSERT(*decoded >= header_size && *decoded <= message_size_max);
    header.frame.size = size_true;  // what is behind the input belongs to an earlier one
    seal(header, message->body());
    ELYTRA_ASSERT(body_intact(*message));
    check_ping(*message);
    check_request(*message);
    return 0;
}
