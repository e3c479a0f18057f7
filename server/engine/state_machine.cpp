#include "server/engine/state_machine.hpp"

#include <algorithm>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/ledger/account_rules.hpp"
#include "server/ledger/batch.hpp"
#include "server/ledger/transfer_rules.hpp"
#include "server/wire/body.hpp"
#include "server/wire/elements.hpp"

namespace elytra::engine {

using wire::Operation;
using wire::OperationKind;

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

StateMachine::StateMachine(const StateMachineOptions& options, storage::CheckpointStore& page_store,
                           storage::IoQueue& io)
    : request_body_max_(options.request_body_max),
      expiries_max_(wire::events_max(Operation::create_transfers_unbatched, request_body_max_)),
      page_store_(page_store),
      cache_({.page_size = options.limits.page_size,
              .capacity = options.limits.page_cache_size,
              .reads_max = options.limits.page_reads_max},
             io),
      store_(options.limits),
      merges_(options.limits, page_store, io),
      flush_(options.limits,
             {.store = store_, .merges = merges_, .page_store = page_store, .io = io}),
      restore_(options.limits, store_, page_store, io),
      fetch_(store_, cache_) {
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

void StateMachine::begin(Operation operation, std::uint64_t timestamp,
                         std::span<const std::byte> body, std::span<std::byte> reply) {
    ELYTRA_ASSERT(!busy_);
    ELYTRA_ASSERT(reply.size() >= wire::body_size_max);
    const std::uint64_t step = timestamp_step(operation, body);
    ELYTRA_ASSERT(timestamp > store_.timestamp());
    ELYTRA_ASSERT(timestamp >= store_.timestamp() + step);
    busy_ = true;
    traits_ = &wire::traits_of(operation);
    timestamp_ = timestamp;
    body_ = body;
    reply_ = reply.first(wire::body_size_max);
    reply_size_ = 0;
    // Without events to create, nothing reads the slot.
    slot_next_ = timestamp - step + 1;
    fetch_.clear();
    if (operation == Operation::pulse) {
        fetch_for_pulse();
    } else if (traits_->kind == OperationKind::filter) {
        if (is_batched()) {
            batches_ = wire::MultiBatchDecoder::decode(body, traits_->event_size);
            ELYTRA_ASSERT(batches_.has_value());
            replies_.emplace(reply_, traits_->result_size);
        }
    } else if (traits_->kind != OperationKind::control) {
        fetch_for_events();
    }
}

Progress StateMachine::advance() {
    ELYTRA_ASSERT(busy_);
    if (traits_->kind == OperationKind::filter) return run_queries();
    if (fetch_.advance() == Progress::waiting) return Progress::waiting;
    run();
    finish();
    return Progress::done;
}

void StateMachine::finish() {
    store_.end_operation(timestamp_);
    busy_ = false;
}

void StateMachine::fetch_for_events() {
    if (!is_batched()) return fetch_for_batch(body_);
    auto batches = wire::MultiBatchDecoder::decode(body_, traits_->event_size);
    ELYTRA_ASSERT(batches.has_value());
    while (const auto batch = batches->next()) fetch_for_batch(*batch);
}

void StateMachine::fetch_for_batch(std::span<const std::byte> batch) {
    switch (traits_->operation) {
        case Operation::create_accounts:
        case Operation::create_accounts_sparse:
        case Operation::create_accounts_unbatched:
            for (const wire::Account& event : wire::elements<wire::Account>(batch)) {
                if ((event.flags & wire::account_flags::imported) == 0) continue;
                fetch_.add_timestamp(event.timestamp);
            }
            return;
        case Operation::lookup_transfers:
        case Operation::lookup_transfers_unbatched:
            for (const u128 id : wire::elements<u128>(batch)) fetch_.add_id(id);
            return;
        case Operation::create_transfers:
        case Operation::create_transfers_sparse:
        case Operation::create_transfers_unbatched:
            for (const wire::Transfer& event : wire::elements<wire::Transfer>(batch)) {
                fetch_.add_id(event.id);
                if (ledger::is_resolution(event)) fetch_.add_id(event.pending_id);
            }
            return;
        default:
            return;  // accounts are in memory
    }
}

// Which transfers expire is settled before they are fetched: nothing else runs in between.
void StateMachine::fetch_for_pulse() {
    expiring_.clear();
    while (expiring_.size() < expiries_max_ && pulse_next() <= timestamp_) {
        expiring_.push_back(store_.pop_expiry());
        fetch_.add_row(expiring_.back());
    }
}

void StateMachine::run() {
    if (traits_->operation == Operation::pulse) return run_pulse();
    if (traits_->kind == OperationKind::control) return;
    reply_size_ = is_batched() ? run_batches() : run_batch(body_, reply_);
    ELYTRA_ASSERT(traits_->kind != OperationKind::create || slot_next_ == timestamp_ + 1);
}

std::size_t StateMachine::run_batches() {
    auto batches = wire::MultiBatchDecoder::decode(body_, traits_->event_size);
    ELYTRA_ASSERT(batches.has_value());
    wire::MultiBatchEncoder replies(reply_, traits_->result_size);
    while (const auto batch = batches->next()) {
        replies.end_batch(run_batch(*batch, replies.room()));
    }
    return replies.finish();
}

std::size_t StateMachine::run_batch(std::span<const std::byte> batch, std::span<std::byte> room) {
    switch (traits_->operation) {
        case Operation::create_accounts:
        case Operation::create_accounts_sparse:
        case Operation::create_accounts_unbatched:
            return run_create<ledger::AccountRules>(batch, room);
        case Operation::create_transfers:
        case Operation::create_transfers_sparse:
        case Operation::create_transfers_unbatched:
            return run_create<ledger::TransferRules>(batch, room);
        case Operation::lookup_accounts:
        case Operation::lookup_accounts_unbatched:
            return lookup_accounts(batch, room);
        case Operation::lookup_transfers:
        case Operation::lookup_transfers_unbatched:
            return lookup_transfers(batch, room);
        default:
            break;
    }
    ELYTRA_ASSERT(false);
    return 0;
}

template <class Rules>
std::size_t StateMachine::run_create(std::span<const std::byte> batch, std::span<std::byte> room) {
    const auto events = wire::elements<typename Rules::Event>(batch);
    ELYTRA_ASSERT(events.size() <= results_.size());
    const std::span<wire::CreateResult> results = std::span(results_).first(events.size());
    ledger::CreateBatch<Rules, LedgerStore> run(
        store_, {.events = events, .slot_first = slot_next_, .results = results});
    run.run();
    slot_next_ += events.size();
    const bool dense = traits_->result_form == wire::ResultForm::dense;
    return dense ? write_dense(results, room) : write_sparse(results, room);
}

std::size_t StateMachine::lookup_accounts(std::span<const std::byte> batch,
                                          std::span<std::byte> room) const {
    const std::span<const u128> ids = wire::elements<u128>(batch);
    ResultWriter results(room, narrow<std::uint32_t>(ids.size()));
    for (const u128 id : ids) {
        const auto row = store_.find_account(id);
        if (row.has_value()) results.add(store_.account(*row));
    }
    return results.size();
}

std::size_t StateMachine::lookup_transfers(std::span<const std::byte> batch,
                                           std::span<std::byte> room) const {
    const std::span<const u128> ids = wire::elements<u128>(batch);
    ResultWriter results(room, narrow<std::uint32_t>(ids.size()));
    for (const u128 id : ids) {
        const ledger::TransferSearch search = store_.find_transfer(id);
        if (search.state == ledger::IdState::created) results.add(store_.transfer(search.row));
    }
    return results.size();
}

// The expiries take the last timestamps of the operation, one each.
void StateMachine::run_pulse() {
    std::uint64_t slot = timestamp_ - expiring_.size();
    for (const ledger::TransferRow row : expiring_) ledger::expire(store_, row, ++slot);
    ELYTRA_ASSERT(slot == timestamp_);
}

Progress StateMachine::run_queries() {
    while (query_ != nullptr || next_query()) {
        if (query_->advance(*query_results_) == Progress::waiting) return Progress::waiting;
        if (replies_.has_value()) {
            replies_->end_batch(query_results_->size());
        } else {
            reply_size_ = query_results_->size();
        }
        query_.reset();
        if (!batches_.has_value()) break;
    }
    if (replies_.has_value()) reply_size_ = replies_->finish();
    batches_.reset();
    replies_.reset();
    finish();
    return Progress::done;
}

// False: all batches are answered.
bool StateMachine::next_query() {
    std::span<const std::byte> batch = body_;
    std::span<std::byte> room = reply_;
    if (batches_.has_value()) {
        const auto next = batches_->next();
        if (!next.has_value()) return false;
        batch = *next;
        room = replies_->room();
    }
    query_ = make_query(batch);
    const std::uint32_t limit = traits_->operation == Operation::get_change_events
                                    ? results_limit<wire::ChangeEventsFilter>(batch)
                                : traits_->event_size == sizeof(wire::AccountFilter)
                                    ? results_limit<wire::AccountFilter>(batch)
                                    : results_limit<wire::QueryFilter>(batch);
    query_results_.emplace(room, limit);
    return true;
}

template <class Filter>
std::uint32_t StateMachine::results_limit(std::span<const std::byte> batch) const {
    const std::span<const Filter> filters = wire::elements<Filter>(batch);
    ELYTRA_ASSERT(filters.size() == 1);
    return std::min(filters.front().limit,
                    wire::results_max(traits_->operation, request_body_max_));
}

std::unique_ptr<Query> StateMachine::make_query(std::span<const std::byte> batch) {
    const QuerySource source{.store = store_, .cache = cache_};
    switch (traits_->operation) {
        case Operation::get_account_transfers:
        case Operation::get_account_transfers_unbatched:
            return get_account_transfers(source, wire::elements<wire::AccountFilter>(batch)[0]);
        case Operation::get_account_balances:
        case Operation::get_account_balances_unbatched:
            return get_account_balances(source, wire::elements<wire::AccountFilter>(batch)[0]);
        case Operation::query_accounts:
        case Operation::query_accounts_unbatched:
            return query_accounts(source, wire::elements<wire::QueryFilter>(batch)[0]);
        case Operation::query_transfers:
        case Operation::query_transfers_unbatched:
            return query_transfers(source, wire::elements<wire::QueryFilter>(batch)[0]);
        case Operation::get_change_events:
            return get_change_events(source, wire::elements<wire::ChangeEventsFilter>(batch)[0]);
        default:
            break;
    }
    ELYTRA_ASSERT(false);
    return nullptr;
}

std::uint64_t StateMachine::pulse_next() const {
    const ExpiryQueue& queue = store_.expiries_due();
    return queue.empty() ? pulse_never : queue.front().expires_at;
}

void StateMachine::cut() {
    ELYTRA_ASSERT(!busy_);
    store_.cut();
    merges_.choose(store_.catalog(), store_.catalog().cut + 1);
    flush_.begin();
    on_page_store_progress();
}

void StateMachine::on_io_done(storage::IoToken token) {
    switch (token.owner) {
        case storage::IoOwner::page_cache:
            return cache_.on_io_done(token);
        case storage::IoOwner::flush:
            flush_.on_computed(token);
            return on_page_store_progress();
        case storage::IoOwner::merge_job:
            merges_.on_computed(token);
            return on_page_store_progress();
        case storage::IoOwner::merge_read:
            merges_.on_read(token);
            return on_page_store_progress();
        case storage::IoOwner::state_restore:
            restore_.on_read(token);
            if (restore_.status() == RestoreStatus::done) merges_.restore(store_.catalog());
            return;
        default:
            ELYTRA_ASSERT(false);
    }
}

void StateMachine::on_page_store_progress() {
    while (const auto written = page_store_.next_written()) {
        if ((written->tag & merge_tag_bit) != 0) {
            merges_.on_written(*written);
        } else {
            flush_.on_written(*written);
        }
    }
    flush_.advance();
    merges_.restrict_to(flush_.has_jobs() ? flush_.cut() : UINT64_MAX);
    merges_.advance();
    flush_.advance();  // a merge may have been what it waited for
}

std::optional<storage::StoreFault> StateMachine::fault() const {
    const std::optional<storage::PageFault>& page =
        cache_.fault().has_value() ? cache_.fault() : merges_.fault();
    if (!page.has_value()) return std::nullopt;
    return storage::StoreFault{.part = storage::StoreFault::Part::page,
                               .reason = storage::StoreFault::Reason::checksum,
                               .offset = page->offset,
                               .size = page->size,
                               .segment_id = page->id.segment,
                               .index = page->id.number};
}

}  // namespace elytra::engine
