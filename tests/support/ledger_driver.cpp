#include "tests/support/ledger_driver.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/wire/body.hpp"
#include "server/wire/multi_batch.hpp"

namespace elytra::test {

using wire::Operation;

namespace {

constexpr std::uint64_t cut_every = 4;  // operations, about

}  // namespace

Bytes request_body(Operation operation, const std::vector<Bytes>& batches) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    if (traits.encoding == wire::Encoding::plain) {
        ELYTRA_ASSERT(batches.size() == 1);
        return batches.front();
    }
    std::size_t size = wire::trailer_size(traits.event_size, narrow<std::uint32_t>(batches.size()));
    for (const Bytes& batch : batches) size += batch.size();
    Bytes body(size);
    wire::MultiBatchEncoder encoder(body, traits.event_size);
    for (const Bytes& batch : batches) {
        std::ranges::copy(batch, encoder.room().begin());
        encoder.end_batch(batch.size());
    }
    ELYTRA_ASSERT(encoder.finish() == body.size());
    return body;
}

std::vector<Bytes> reply_batches(Operation operation, std::span<const std::byte> reply) {
    const wire::OperationTraits& traits = wire::traits_of(operation);
    if (traits.encoding == wire::Encoding::plain) return {Bytes(reply.begin(), reply.end())};
    auto decoder = wire::MultiBatchDecoder::decode(reply, traits.result_size);
    ELYTRA_ASSERT(decoder.has_value());
    std::vector<Bytes> batches;
    while (const auto batch = decoder->next()) batches.emplace_back(batch->begin(), batch->end());
    return batches;
}

LedgerDriver::LedgerDriver(const Options& options)
    : options_(options),
      wall_(options.wall),
      prng_(options.seed),
      engine_({.limits = options.limits,
               .request_body_max = options.request_body_max,
               .seed = options.seed,
               .threads = options.threads}) {}

std::vector<Bytes> LedgerDriver::execute(Operation operation, const Bytes& body) {
    const std::uint64_t base = std::max(state_machine().timestamp() + 1, wall_);
    timestamp_ = base + state_machine().timestamp_step(operation, body);
    if (timestamp_next_ != 0) timestamp_ = timestamp_next_;
    timestamp_next_ = 0;
    const std::vector<Bytes> batches =
        reply_batches(operation, engine_.execute(operation, timestamp_, body));
    cut_when_due();
    run_pulses(timestamp_);
    return batches;
}

void LedgerDriver::advance(std::uint64_t nanoseconds) {
    wall_ = std::max(wall_, timestamp_) + nanoseconds;
    run_pulses(wall_);
}

void LedgerDriver::run_pulses(std::uint64_t now) {
    while (state_machine().pulse_next() <= now) {
        const std::uint64_t base = std::max(state_machine().timestamp() + 1, wall_);
        const std::uint64_t timestamp = base + state_machine().timestamp_step(Operation::pulse, {});
        engine_.execute(Operation::pulse, timestamp, {});
        cut_when_due();
        pulses_.push_back(timestamp);
        now = std::max(now, timestamp);
    }
}

void LedgerDriver::cut_when_due() {
    const bool due = state_machine().rows_since_cut() >= options_.limits.cut_rows;
    const bool early = options_.seed != 0 && prng_.chance(1, cut_every);
    if (due || early) engine_.cut();
}

void LedgerDriver::checkpoint() {
    engine_.cut();
    engine_.settle();
}

}  // namespace elytra::test
