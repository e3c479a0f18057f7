#include "server/engine/state_machine.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "server/common/assert.hpp"
#include "server/engine/queries.hpp"
#include "server/ledger/account_rules.hpp"
#include "server/ledger/batch.hpp"
#include "server/ledger/transfer_rules.hpp"
#include "server/wire/body.hpp"
#include "server/wire/elements.hpp"
#include "server/wire/multi_batch.hpp"

namespace elytra::engine {

using wire::Operation;

namespace {

// However many transfers expire in a pulse, it takes as much time as a full batch of events.
constexpr std::uint64_t pulse_timestamp_step = 8190;

std::size_t write_dense(std::span<const wire::CreateResult> results, std::span<std::byte> room) {
    ELYTRA_ASSERT(results.size_bytes() <= room.size());
    if (!results.empty()) std::memcpy(room.data(), results.data(), results.size_bytes());
    return results.size_bytes();
}

std::size_t write_sparse(std::span<const wire::CreateResult> results, std::span<std::byte> room) {
    static_assert(wire::CreateAccountStatus::created ==
                  static_cast<wire::CreateAccountStatus>(wire::CreateTransferStatus::created));
    constexpr auto created = static_cast<std::uint32_t>(wire::CreateTransferStatus::created);
    ResultWriter errors(room, narrow<std::uint32_t>(results.size()));
    for (std::uint32_t index = 0; index < results.size(); ++index) {
        const std::uint32_t status = results[index].status;
        if (status != created) errors.add(wire::CreateError{.index = index, .status = status});
    }
    return errors.size();
}

}  // namespace

StateMachine::StateMachine(const StateMachineOptions& options)
    : request_body_max_(options.request_body_max),
      expiries_max_(wire::events_max(Operation::create_transfers_unbatched, request_body_max_)),
      store_(options.limits.chunk_size) {
    ELYTRA_ASSERT(expiries_max_ > 0);
    // The log may hold requests from a start with a higher limit.
    results_.resize(wire::events_max(Operation::create_transfers_unbatched, wire::body_size_max));
    expiring_.reserve(expiries_max_);
}

std::uint64_t StateMachine::timestamp_step(Operation operation,
                                           std::span<const std::byte> body) const {
    if (operation == Operation::pulse) return pulse_timestamp_step;
    return wire::events_to_create(operation, body);
}

std::size_t StateMachine::execute(Operation operation, std::uint64_t timestamp,
                                  std::span<const std::byte> body, std::span<std::byte> reply) {
    ELYTRA_ASSERT(reply.size() >= wire::body_size_max);
    const std::uint64_t step = timestamp_step(operation, body);
    ELYTRA_ASSERT(timestamp > store_.timestamp());
    ELYTRA_ASSERT(timestamp >= store_.timestamp() + step);
    const wire::OperationTraits& traits = wire::traits_of(operation);
    // Without events to create, nothing reads the slot.
    slot_next_ = timestamp - step + 1;
    std::size_t reply_size = 0;
    if (operation == Operation::pulse) {
        run_pulse(timestamp);
    } else if (traits.encoding == wire::Encoding::multi_batch) {
        reply_size = execute_batches(traits, body, reply.first(wire::body_size_max));
    } else if (traits.kind != wire::OperationKind::control) {
        reply_size = execute_batch(traits, body, reply.first(wire::body_size_max));
    }
    ELYTRA_ASSERT(traits.kind != wire::OperationKind::create || slot_next_ == timestamp + 1);
    store_.end_operation(timestamp);
    return reply_size;
}

std::size_t StateMachine::execute_batches(const wire::OperationTraits& traits,
                                          std::span<const std::byte> body,
                                          std::span<std::byte> reply) {
    std::optional<wire::MultiBatchDecoder> batches =
        wire::MultiBatchDecoder::decode(body, traits.event_size);
    ELYTRA_ASSERT(batches.has_value());
    wire::MultiBatchEncoder replies(reply, traits.result_size);
    while (const std::optional<std::span<const std::byte>> batch = batches->next()) {
        replies.end_batch(execute_batch(traits, *batch, replies.room()));
    }
    return replies.finish();
}

std::size_t StateMachine::execute_batch(const wire::OperationTraits& traits,
                                        std::span<const std::byte> batch,
                                        std::span<std::byte> room) {
    switch (traits.operation) {
        case Operation::create_accounts:
        case Operation::create_accounts_sparse:
        case Operation::create_accounts_unbatched:
            return run_create<ledger::AccountRules>(traits, batch, room);
        case Operation::create_transfers:
        case Operation::create_transfers_sparse:
        case Operation::create_transfers_unbatched:
            return run_create<ledger::TransferRules>(traits, batch, room);
        case Operation::lookup_accounts:
        case Operation::lookup_accounts_unbatched:
            return run_lookup(lookup_accounts, batch, room);
        case Operation::lookup_transfers:
        case Operation::lookup_transfers_unbatched:
            return run_lookup(lookup_transfers, batch, room);
        case Operation::get_account_transfers:
        case Operation::get_account_transfers_unbatched:
            return run_query(get_account_transfers, traits, batch, room);
        case Operation::get_account_balances:
        case Operation::get_account_balances_unbatched:
            return run_query(get_account_balances, traits, batch, room);
        case Operation::query_accounts:
        case Operation::query_accounts_unbatched:
            return run_query(query_accounts, traits, batch, room);
        case Operation::query_transfers:
        case Operation::query_transfers_unbatched:
            return run_query(query_transfers, traits, batch, room);
        case Operation::get_change_events:
            return run_query(get_change_events, traits, batch, room);
        case Operation::register_session:
        case Operation::noop:
        case Operation::pulse:
            break;
    }
    ELYTRA_ASSERT(false);
    return 0;
}

template <class Rules>
std::size_t StateMachine::run_create(const wire::OperationTraits& traits,
                                     std::span<const std::byte> batch, std::span<std::byte> room) {
    const auto events = wire::elements<typename Rules::Event>(batch);
    ELYTRA_ASSERT(events.size() <= results_.size());
    const std::span<wire::CreateResult> results = std::span(results_).first(events.size());
    ledger::CreateBatch<Rules, MemoryStore> run(
        store_, {.events = events, .slot_first = slot_next_, .results = results});
    run.run();
    slot_next_ += events.size();
    const bool dense = traits.result_form == wire::ResultForm::dense;
    return dense ? write_dense(results, room) : write_sparse(results, room);
}

std::size_t StateMachine::run_lookup(Lookup* lookup, std::span<const std::byte> batch,
                                     std::span<std::byte> room) const {
    const std::span<const u128> ids = wire::elements<u128>(batch);
    ResultWriter results(room, narrow<std::uint32_t>(ids.size()));
    lookup(store_, ids, results);
    return results.size();
}

template <class Filter>
std::size_t StateMachine::run_query(Query<Filter>* query, const wire::OperationTraits& traits,
                                    std::span<const std::byte> batch,
                                    std::span<std::byte> room) const {
    const std::span<const Filter> filters = wire::elements<Filter>(batch);
    ELYTRA_ASSERT(filters.size() == 1);
    const std::uint32_t limit =
        std::min(filters.front().limit, wire::results_max(traits.operation, request_body_max_));
    ResultWriter results(room, limit);
    query(store_, filters.front(), results);
    return results.size();
}

// The expiries take the last timestamps of the operation, one each.
void StateMachine::run_pulse(std::uint64_t timestamp) {
    expiring_.clear();
    while (expiring_.size() < expiries_max_ && pulse_next() <= timestamp) {
        expiring_.push_back(store_.pop_expiry());
    }
    std::uint64_t slot = timestamp - expiring_.size();
    for (const ledger::TransferRow row : expiring_) ledger::expire(store_, row, ++slot);
    ELYTRA_ASSERT(slot == timestamp);
}

std::uint64_t StateMachine::pulse_next() const {
    const ExpiryQueue& queue = store_.expiries_due();
    return queue.empty() ? pulse_never : queue.front().expires_at;
}

}  // namespace elytra::engine
