#include "server/wire/body.hpp"

#include <optional>

#include "server/wire/bytes.hpp"

namespace elytra::wire {

namespace {

// The filters of multi-batch operations end with a 4-byte limit and 4 bytes of flags.
std::uint32_t filter_limit(std::span<const std::byte> filter) {
    return load<std::uint32_t>(filter, filter.size() - 8);
}

bool batch_valid(Operation operation, std::span<const std::byte> batch,
                 std::uint32_t request_body_max) {
    const OperationTraits& traits = traits_of(operation);
    if (traits.kind == OperationKind::filter) return batch.size() == traits.event_size;
    return batch.size() % traits.event_size == 0 &&
           batch.size() / traits.event_size <= events_max(operation, request_body_max);
}

// The results that a batch can have at most. Requires: batch_valid().
std::uint64_t results_expected(Operation operation, std::span<const std::byte> batch) {
    const OperationTraits& traits = traits_of(operation);
    if (traits.kind != OperationKind::filter) return batch.size() / traits.event_size;
    return std::min(filter_limit(batch), results_max(operation, body_size_max));
}

bool batches_valid(Operation operation, std::span<const std::byte> body,
                   std::uint32_t request_body_max) {
    const OperationTraits& traits = traits_of(operation);
    std::optional<MultiBatchDecoder> batches = MultiBatchDecoder::decode(body, traits.event_size);
    if (!batches.has_value()) return false;
    std::uint64_t expected = 0;
    while (const auto batch = batches->next()) {
        if (!batch_valid(operation, *batch, request_body_max)) return false;
        expected += results_expected(operation, *batch);
    }
    // One reply has to hold what all batches find.
    return expected * traits.result_size +
               trailer_size(traits.result_size, batches->batch_count()) <=
           body_size_max;
}

}  // namespace

bool body_valid(Operation operation, std::span<const std::byte> body,
                std::uint32_t request_body_max) {
    if (operation == Operation::register_session) return all_zero(body);
    const OperationTraits& traits = traits_of(operation);
    if (traits.kind == OperationKind::control) return body.empty();
    return traits.encoding == Encoding::multi_batch
               ? batches_valid(operation, body, request_body_max)
               : batch_valid(operation, body, request_body_max);
}

std::uint64_t results_expected_max(Operation operation, std::span<const std::byte> body) {
    const OperationTraits& traits = traits_of(operation);
    if (traits.encoding == Encoding::plain) {
        return traits.kind == OperationKind::filter ? results_max(operation, body_size_max)
                                                    : body.size() / traits.event_size;
    }
    auto batches = MultiBatchDecoder::decode(body, traits.event_size);
    ELYTRA_ASSERT(batches.has_value());
    std::uint64_t expected = 0;
    while (const auto batch = batches->next()) expected += results_expected(operation, *batch);
    return expected;
}

std::uint32_t events_to_create(Operation operation, std::span<const std::byte> body) {
    const OperationTraits& traits = traits_of(operation);
    if (traits.kind != OperationKind::create) return 0;
    if (traits.encoding == Encoding::plain) {
        ELYTRA_ASSERT(body.size() % traits.event_size == 0);
        return narrow<std::uint32_t>(body.size() / traits.event_size);
    }
    const auto batches = MultiBatchDecoder::decode(body, traits.event_size);
    ELYTRA_ASSERT(batches.has_value());
    return batches->element_count();
}

}  // namespace elytra::wire
