#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/assert.hpp"
#include "server/wire/header.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/operation.hpp"

// What a request may carry, for a server that accepts request bodies of up to `request_body_max`
// bytes. Replies are bounded by body_size_max alone, whatever that limit is.
namespace elytra::wire {

namespace detail {

constexpr std::uint32_t elements_max(const OperationTraits& traits, std::uint32_t body_max,
                                     std::uint32_t element_size) {
    const bool batched = traits.encoding == Encoding::multi_batch;
    const std::uint32_t trailer = batched ? trailer_size(element_size, 1) : 0;
    return body_max < trailer ? 0 : (body_max - trailer) / element_size;
}

}  // namespace detail

// The largest number of events in one batch. Requires: not a control operation.
constexpr std::uint32_t events_max(Operation operation, std::uint32_t request_body_max) {
    const OperationTraits& traits = traits_of(operation);
    ELYTRA_ASSERT(traits.kind != OperationKind::control);
    if (traits.kind == OperationKind::filter) return 1;
    return std::min(detail::elements_max(traits, request_body_max, traits.event_size),
                    detail::elements_max(traits, body_size_max, traits.result_size));
}

// The largest number of results of one batch; a filter that asks for more gets this many.
// Requires: not a control operation.
constexpr std::uint32_t results_max(Operation operation, std::uint32_t request_body_max) {
    const OperationTraits& traits = traits_of(operation);
    ELYTRA_ASSERT(traits.kind != OperationKind::control);
    if (traits.kind != OperationKind::filter) return events_max(operation, request_body_max);
    const std::uint32_t fitting = detail::elements_max(traits, body_size_max, traits.result_size);
    if (operation != Operation::get_change_events) return fitting;
    // A change event takes up to two account look-ups, and a request has so many of them.
    return std::min(fitting,
                    events_max(Operation::lookup_accounts_unbatched, request_body_max) / 2);
}

// Whether the body is one that `operation` can execute. A filter whose content makes no sense is
// valid here: it finds nothing. A register without any body passes; its size is checked after this.
bool body_valid(Operation operation, std::span<const std::byte> body,
                std::uint32_t request_body_max);

// The most results that the request can have, in all batches. Requires: body_valid(), and not a
// control operation.
std::uint64_t results_expected_max(Operation operation, std::span<const std::byte> body);

// The events of a create operation in all batches; 0 for every other operation. So many timestamps
// the request takes besides its own. Requires: body_valid().
std::uint32_t events_to_create(Operation operation, std::span<const std::byte> body);

}  // namespace elytra::wire
