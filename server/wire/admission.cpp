#include "server/wire/admission.hpp"

#include "server/common/assert.hpp"
#include "server/wire/body.hpp"
#include "server/wire/operation.hpp"

namespace elytra::wire {

namespace {

std::optional<EvictionReason> refuse_release(std::uint32_t release, const AdmissionLimits& limits) {
    if (Release{release} < limits.release_min) return EvictionReason::client_release_too_low;
    if (Release{release} > limits.release_max) return EvictionReason::client_release_too_high;
    return std::nullopt;
}

}  // namespace

std::optional<EvictionReason> refuse_ping(const PingClientHeader& header,
                                          const AdmissionLimits& limits) {
    return refuse_release(header.frame.release, limits);
}

std::optional<EvictionReason> refuse_request(const RequestHeader& header,
                                             std::span<const std::byte> body,
                                             const AdmissionLimits& limits) {
    ELYTRA_ASSERT(header.frame.size == header_size + body.size());
    ELYTRA_ASSERT(limits.request_size_max >= header_size);
    const auto release_refused = refuse_release(header.frame.release, limits);
    if (release_refused.has_value()) return release_refused;
    if (header.frame.size > limits.request_size_max) {
        return EvictionReason::invalid_request_body_size;
    }
    const std::optional<Operation> operation = to_operation(header.operation);
    if (!operation.has_value() || operation == Operation::pulse) {
        return EvictionReason::invalid_request_operation;
    }
    if (!body_valid(*operation, body, limits.request_size_max - header_size)) {
        return EvictionReason::invalid_request_body;
    }
    if (operation == Operation::register_session && body.size() != register_body_size) {
        return EvictionReason::invalid_request_body_size;
    }
    return std::nullopt;
}

}  // namespace elytra::wire
