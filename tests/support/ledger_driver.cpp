#include "tests/support/ledger_driver.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/wire/body.hpp"
#include "server/wire/multi_batch.hpp"

namespace elytra::test {

using wire::Operation;

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
    : options_(options), wall_(options.wall), reply_(wire::body_size_max) {
    state_machine_ = make_state_machine();
}

std::unique_ptr<engine::StateMachine> LedgerDriver::make_state_machine() const {
    return std::make_unique<engine::StateMachine>(engine::StateMachineOptions{
        .limits = options_.limits, .request_body_max = options_.request_body_max});
}

bool LedgerDriver::restart() {
    std::unique_ptr<engine::StateMachine> restored = make_state_machine();
    if (!restore(*state_machine_, *restored)) return false;
    state_machine_ = std::move(restored);
    return true;
}

std::vector<Bytes> LedgerDriver::execute(Operation operation, const Bytes& body) {
    const std::uint64_t base = std::max(state_machine_->timestamp() + 1, wall_);
    timestamp_ = base + state_machine_->timestamp_step(operation, body);
    if (timestamp_next_ != 0) timestamp_ = timestamp_next_;
    timestamp_next_ = 0;
    const std::size_t size = state_machine_->execute(operation, timestamp_, body, reply_);
    const std::vector<Bytes> batches = reply_batches(operation, std::span(reply_).first(size));
    run_pulses(timestamp_);
    return batches;
}

void LedgerDriver::advance(std::uint64_t nanoseconds) {
    wall_ = std::max(wall_, timestamp_) + nanoseconds;
    run_pulses(wall_);
}

void LedgerDriver::run_pulses(std::uint64_t now) {
    while (state_machine_->pulse_next() <= now) {
        const std::uint64_t base = std::max(state_machine_->timestamp() + 1, wall_);
        const std::uint64_t timestamp = base + state_machine_->timestamp_step(Operation::pulse, {});
        state_machine_->execute(Operation::pulse, timestamp, {}, reply_);
        now = std::max(now, timestamp);
    }
}

bool restore(const engine::StateMachine& source, engine::StateMachine& target) {
    const auto tables = source.tables();
    std::vector<std::uint32_t> row_counts;
    for (const engine::Table* table : tables) row_counts.push_back(table->row_count());
    target.restore_begin(row_counts);
    for (const engine::Table* table : tables) {
        for (std::size_t chunk = 0; chunk < table->chunk_count(); ++chunk) {
            std::ranges::copy(table->chunk(chunk),
                              target.restore_chunk(table->id(), chunk).begin());
        }
    }
    return target.restore_finish();
}

}  // namespace elytra::test
