#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/assert.hpp"
#include "server/ledger/store.hpp"
#include "server/wire/objects.hpp"

namespace elytra::ledger {

// What became of one event: `created`, or why not, and the timestamp to report.
template <class Status>
struct Outcome {
    Status status;
    std::uint64_t timestamp;
};

// Runs one batch of events that create accounts or transfers: everything that depends on the place
// of an event in its batch (chains, imported batches), around `Rules`, which judge one event at a
// time.
template <class Rules, Store S>
class CreateBatch {
public:
    using Event = typename Rules::Event;
    using Status = typename Rules::Status;

    struct Options {
        std::span<const Event> events;
        std::uint64_t slot_first;  // timestamp of event 0; the others follow one by one
        std::span<wire::CreateResult> results;  // as many as events
    };

    CreateBatch(S& store, const Options& options)
        : store_(store),
          events_(options.events),
          slot_first_(options.slot_first),
          results_(options.results) {
        ELYTRA_ASSERT(results_.size() == events_.size());
    }

    void run() {
        for (std::size_t index = 0; index < events_.size(); ++index) {
            if (index + index_distance < events_.size()) {
                store_.prefetch(events_[index + index_distance]);
            }
            if (index + rows_distance < events_.size()) {
                store_.prefetch_rows(events_[index + rows_distance]);
            }
            step(index);
        }
        ELYTRA_ASSERT(chain_ == Chain::none);
    }

private:
    enum class Chain : std::uint8_t { none, open, failed };

    // Far enough that memory answers in time, near enough that the lines are still in the first
    // cache.
    static constexpr std::size_t index_distance = 16;
    static constexpr std::size_t rows_distance = 8;

    static bool has(const Event& event, std::uint16_t flag) { return (event.flags & flag) != 0; }

    std::uint64_t slot(std::size_t index) const { return slot_first_ + index; }

    void step(std::size_t index) {
        const Event& event = events_[index];
        if (has(event, Rules::linked) && chain_ == Chain::none) {
            chain_ = Chain::open;
            chain_start_ = index;
            store_.chain_begin();
        }
        const Outcome<Status> outcome = judge(index);
        results_[index] = {.timestamp = outcome.timestamp,
                           .status = static_cast<std::uint32_t>(outcome.status)};
        if (outcome.status != Status::created && chain_ == Chain::open) fail_chain(index);
        if (Rules::transient(outcome.status)) store_.remember_failed(event.id);
        const bool last_of_chain = !has(event, Rules::linked) || index + 1 == events_.size();
        if (chain_ != Chain::none && last_of_chain) {
            if (chain_ == Chain::open) store_.chain_end(ChainEnd::keep);
            chain_ = Chain::none;
        }
    }

    Outcome<Status> judge(std::size_t index) {
        const Event& event = events_[index];
        if (has(event, Rules::linked) && index + 1 == events_.size()) {
            return {Status::linked_event_chain_open, slot(index)};
        }
        if (chain_ == Chain::failed) return {Status::linked_event_failed, slot(index)};
        const Status timing = judge_timestamp(event);
        if (timing != Status::created) return {timing, slot(index)};
        return Rules::create(store_, event, slot(index));
    }

    // The first event decides whether all of the batch bring their own timestamps.
    Status judge_timestamp(const Event& event) const {
        const bool imported = has(event, Rules::imported);
        const bool batch_imported = has(events_.front(), Rules::imported);
        if (imported && !batch_imported) return Status::imported_event_not_expected;
        if (!imported && batch_imported) return Status::imported_event_expected;
        if (!imported) {
            return event.timestamp == 0 ? Status::created : Status::timestamp_must_be_zero;
        }
        if (!wire::timestamp_valid(event.timestamp)) {
            return Status::imported_event_timestamp_out_of_range;
        }
        if (event.timestamp >= slot(events_.size() - 1)) {
            return Status::imported_event_timestamp_must_not_advance;
        }
        return Status::created;
    }

    // The members before the culprit keep the timestamps that they reported.
    void fail_chain(std::size_t culprit) {
        store_.chain_end(ChainEnd::undo);
        for (std::size_t index = chain_start_; index < culprit; ++index) {
            results_[index].status = static_cast<std::uint32_t>(Status::linked_event_failed);
        }
        chain_ = Chain::failed;
    }

    S& store_;
    std::span<const Event> events_;
    std::uint64_t slot_first_;
    std::span<wire::CreateResult> results_;
    Chain chain_ = Chain::none;
    std::size_t chain_start_ = 0;
};

}  // namespace elytra::ledger
