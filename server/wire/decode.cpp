#include "server/wire/decode.hpp"

#include <cstring>
#include <optional>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/operation.hpp"

namespace elytra::wire {

namespace {

constexpr std::uint8_t command_assigned_max = 24;

// Numbers of requests that have, or once had, a meaning outside the state machine's range.
constexpr std::uint8_t operation_reconfigure = 3;
constexpr std::uint8_t operation_noop = static_cast<std::uint8_t>(Operation::noop);
constexpr std::uint8_t operation_register = static_cast<std::uint8_t>(Operation::register_session);
constexpr std::uint8_t operation_state_machine_min = 128;

bool frame_well_formed(const Frame& frame, Command command) {
    return frame.command == static_cast<std::uint8_t>(command) && frame.size >= header_size &&
           frame.checksum_padding == 0 && frame.checksum_body_padding == 0 &&
           frame.nonce_reserved == 0 && frame.epoch == 0 && frame.protocol == 0 &&
           all_zero(frame.reserved_frame);
}

bool register_well_formed(const RequestHeader& header) {
    // One without body is let through here, because admission has a reason to give for it.
    const bool size_known =
        header.frame.size == header_size || header.frame.size == header_size + register_body_size;
    return header.parent == 0 && header.session == 0 && header.request == 0 && size_known;
}

bool operation_well_formed(const RequestHeader& header) {
    if (header.operation == operation_register) return register_well_formed(header);
    if (header.session == 0 || header.request == 0) return false;
    if (header.operation == operation_noop) return header.frame.size == header_size;
    return header.operation == operation_reconfigure ||
           header.operation >= operation_state_machine_min;
}

// Whether a body of this size can belong to the operation, where that is plain from the size.
bool prepare_size_fits(Operation operation, std::uint32_t size) {
    if (operation == Operation::register_session) return size == header_size + register_body_size;
    if (traits_of(operation).kind == OperationKind::control) return size == header_size;
    return size >= header_size && size <= message_size_max;
}

}  // namespace

Result<std::uint32_t, DecodeError> decode_header(std::span<const std::byte> bytes,
                                                 std::uint32_t size_max) {
    ELYTRA_ASSERT(bytes.size() >= header_size);
    Header header;
    std::memcpy(&header, bytes.data(), header_size);
    if (!header_intact(header)) return Unexpected(DecodeError::checksum_mismatch);
    const Frame& frame = header.frame;
    if (frame.command == 0 || frame.command > command_assigned_max) {
        return Unexpected(DecodeError::unknown_command);
    }
    if (frame.size < header_size || frame.size > size_max) {
        return Unexpected(DecodeError::size_out_of_range);
    }
    return frame.size;
}

bool body_intact(const Message& message) {
    const std::span<const std::byte> body = message.body();
    return message.frame().checksum_body == (body.empty() ? checksum_empty : checksum(body));
}

bool well_formed(const PingClientHeader& header) {
    const Frame& frame = header.frame;
    return frame_well_formed(frame, Command::ping_client) && frame.size == header_size &&
           frame.view == 0 && frame.release != 0 && frame.replica == 0 && header.client != 0 &&
           all_zero(header.reserved);
}

bool well_formed(const PongClientHeader& header) {
    const Frame& frame = header.frame;
    return frame_well_formed(frame, Command::pong_client) && frame.size == header_size &&
           frame.release != 0 && frame.replica < addresses_max && all_zero(header.reserved);
}

bool well_formed(const RequestHeader& header) {
    const Frame& frame = header.frame;
    return frame_well_formed(frame, Command::request) && frame.release != 0 && frame.replica == 0 &&
           header.parent_padding == 0 && header.client != 0 && all_zero(header.padding) &&
           all_zero(header.reserved) && operation_well_formed(header);
}

bool well_formed(const ReplyHeader& header) {
    const Frame& frame = header.frame;
    if (!frame_well_formed(frame, Command::reply) || frame.release == 0) return false;
    if (header.request_checksum_padding != 0 || header.context_padding != 0) return false;
    if (header.client == 0 || !all_zero(header.reserved)) return false;
    if (header.op == 0 || header.commit != header.op || header.timestamp == 0) return false;
    if (header.operation != operation_register) return header.request != 0;
    return header.request == 0 && frame.size == header_size + register_result_size;
}

bool well_formed(const EvictionHeader& header) {
    const Frame& frame = header.frame;
    constexpr auto reason_max = static_cast<std::uint8_t>(EvictionReason::session_release_mismatch);
    return frame_well_formed(frame, Command::eviction) && frame.size == header_size &&
           frame.release != 0 && header.client != 0 && all_zero(header.reserved) &&
           header.reason >= 1 && header.reason <= reason_max;
}

bool well_formed(const PrepareHeader& header) {
    const Frame& frame = header.frame;
    if (!frame_well_formed(frame, Command::prepare) || !all_zero(header.reserved)) return false;
    if (header.op == 0 || header.commit >= header.op || header.timestamp == 0) return false;
    const std::optional<Operation> operation = to_operation(header.operation);
    return operation.has_value() && prepare_size_fits(*operation, frame.size);
}

}  // namespace elytra::wire
