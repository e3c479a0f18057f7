#include "bench/null/null_ledger.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "server/common/assert.hpp"
#include "server/io/clock.hpp"
#include "server/wire/body.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

namespace elytra::bench {
namespace {

constexpr auto created = static_cast<std::uint32_t>(wire::CreateTransferStatus::created);

static_assert(created == static_cast<std::uint32_t>(wire::CreateAccountStatus::created));

// `timestamp` is that of the first event.
std::size_t write_created(std::span<std::byte> room, std::size_t count, std::uint64_t timestamp) {
    const std::size_t size = count * sizeof(wire::CreateResult);
    ELYTRA_ASSERT(size <= room.size());
    for (std::size_t index = 0; index < count; ++index) {
        const wire::CreateResult result{.timestamp = timestamp + index, .status = created};
        std::memcpy(room.data() + index * sizeof(result), &result, sizeof(result));
    }
    return size;
}

}  // namespace

Executor::Outcome NullLedger::execute(wire::Operation operation, std::span<const std::byte> body,
                                      std::span<std::byte> reply) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    const std::uint64_t base = std::max(timestamp_ + 1, io::wall_now().nanoseconds);
    const std::uint32_t events = wire::events_to_create(operation, body);
    timestamp_ = base + events;
    if (traits.encoding == wire::Encoding::plain) return {.size = 0, .timestamp = timestamp_};

    // Creations of older clients are answered by failures alone, of which there are none.
    const bool dense = events > 0 && traits.result_form == wire::ResultForm::dense;
    auto batches = wire::MultiBatchDecoder::decode(body, traits.event_size);
    ELYTRA_ASSERT(batches.has_value());
    wire::MultiBatchEncoder encoder(reply, traits.result_size);
    std::uint64_t slot = base + 1;
    while (const auto batch = batches->next()) {
        const std::size_t count = dense ? batch->size() / traits.event_size : 0;
        encoder.end_batch(write_created(encoder.room(), count, slot));
        slot += count;
    }
    return {.size = encoder.finish(), .timestamp = timestamp_};
}

}  // namespace elytra::bench
