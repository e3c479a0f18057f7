#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/expiry_queue.hpp"
#include "server/engine/id_index.hpp"
#include "server/engine/posting_list.hpp"
#include "server/engine/rows.hpp"
#include "server/engine/table.hpp"
#include "server/ledger/store.hpp"
#include "server/wire/objects.hpp"

namespace elytra::engine {

enum class Side : std::uint8_t { debit, credit };

// An account as it was right after an event.
struct AccountSnapshot {
    ledger::AccountRow account;
    std::uint16_t flags = 0;
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;
};

// The transfers of one account, as rows in order of creation. One cache line.
struct alignas(64) AccountPostings {
    PostingList debits;
    PostingList credits;
};

// The working state of the ledger (ledger::Store) in memory. All that lasts is in the tables;
// indexes, pending statuses and the expiry queue follow from them. Postings and expiries of new
// transfers are found only after end_operation(): until then a chain may still take them back, and
// nothing within a creating operation reads them.
class MemoryStore {
public:
    explicit MemoryStore(std::uint32_t chunk_size);

    // ledger::Store
    std::optional<ledger::AccountRow> find_account(u128 id) const;

    const wire::Account& account(ledger::AccountRow row) const {
        return accounts_.row<wire::Account>(row.value);
    }

    std::uint64_t account_timestamp_last() const;
    bool account_at(std::uint64_t timestamp) const;
    void append_account(const wire::Account& account);
    void update_account(ledger::AccountRow row, const wire::Account& updated);

    ledger::TransferSearch find_transfer(u128 id) const;

    const wire::Transfer& transfer(ledger::TransferRow row) const {
        return transfers_.row<wire::Transfer>(row.value);
    }

    ledger::Parties parties(ledger::TransferRow row) const;
    std::uint64_t transfer_timestamp_last() const;
    bool transfer_at(std::uint64_t timestamp) const;
    ledger::TransferRow append_transfer(const wire::Transfer& transfer, ledger::Parties parties);
    void remember_failed(u128 id);

    ledger::PendingStatus pending_status(ledger::TransferRow row) const {
        return pending_statuses_[row.value];
    }

    void set_pending_status(ledger::TransferRow row, ledger::PendingStatus status);
    void append_expiry(ledger::TransferRow row, std::uint64_t timestamp);

    void chain_begin();
    void chain_end(ledger::ChainEnd end);

    void prefetch(const wire::Account& event) const;
    void prefetch(const wire::Transfer& event) const;

    void prefetch_rows(const wire::Account&) const {}

    void prefetch_rows(const wire::Transfer& event) const;

    // Ends an operation: what it created is indexed.
    void end_operation(std::uint64_t timestamp);

    // Of the last operation.
    std::uint64_t timestamp() const { return scalars_.row<ScalarsRow>(0).timestamp; }

    // The pending transfers that have to expire, as far as they are indexed. The front is live.
    const ExpiryQueue& expiries_due() const { return expiry_queue_; }

    // Takes the front out of the queue; the caller expires it.
    ledger::TransferRow pop_expiry();

    // What queries read besides the above.
    std::uint32_t account_count() const { return accounts_.row_count(); }

    std::uint32_t transfer_count() const { return transfers_.row_count(); }

    std::uint32_t expiry_count() const { return expiries_.row_count(); }

    // The first row whose timestamp is at least `timestamp`; the count of rows when there is none.
    std::uint32_t account_from(std::uint64_t timestamp) const;
    std::uint32_t transfer_from(std::uint64_t timestamp) const;
    std::uint32_t expiry_from(std::uint64_t timestamp) const;

    const AccountPostings& postings(ledger::AccountRow row) const { return postings_[row.value]; }

    const EventSides& transfer_event(ledger::TransferRow row) const {
        return transfer_events_.row<TransferEventRow>(row.value).sides;
    }

    const ExpiryRow& expiry(std::uint32_t row) const { return expiries_.row<ExpiryRow>(row); }

    AccountSnapshot snapshot(const EventSides& sides, Side side) const;

    // Persistence; see StateMachine.
    static constexpr std::size_t table_count = 7;

    std::array<const Table*, table_count> tables() const;
    void restore_begin(std::span<const std::uint32_t> row_counts);
    std::span<std::byte> restore_chunk(TableId table, std::size_t chunk);
    [[nodiscard]] bool restore_finish();

private:
    // A row of transfers_, or of failed_ids_ when this bit is set.
    static constexpr std::uint32_t failed_bit = 1U << 31;

    struct AccountBefore {
        ledger::AccountRow row;
        wire::Account account;
    };

    struct StatusBefore {
        ledger::TransferRow row;
        ledger::PendingStatus status;
    };

    // What an open chain has to take back when it fails.
    struct Undo {
        bool open = false;
        std::uint32_t accounts = 0;  // row counts
        std::uint32_t transfers = 0;
        std::uint32_t wide_balances = 0;
        std::vector<AccountBefore> account_changes;
        std::vector<StatusBefore> status_changes;
    };

    std::optional<std::uint32_t> find_transfer_or_failed(u128 id) const;
    void undo_chain();
    EventSides record_sides(ledger::Parties parties);
    void index_transfers();
    void index_transfer(ledger::TransferRow row);
    std::array<Table*, table_count> tables();

    bool restore_accounts();
    bool restore_transfer(ledger::TransferRow row);
    bool restore_transfers();
    bool restore_expiries();
    bool restore_failed_ids();
    bool sides_valid(const EventSides& sides, const wire::Transfer& transfer) const;
    bool balances_add_up();

    Table scalars_;
    Table accounts_;
    Table transfers_;
    Table transfer_events_;
    Table expiries_;
    Table wide_balances_;
    Table failed_ids_;

    IdIndex account_ids_;
    IdIndex transfer_ids_;                                // of failed ones too
    std::deque<AccountPostings> postings_;                // by account row
    std::deque<ledger::PendingStatus> pending_statuses_;  // by transfer row
    ExpiryQueue expiry_queue_;
    std::uint32_t transfers_indexed_ = 0;
    Totals totals_;
    Undo undo_;
};

static_assert(ledger::Store<MemoryStore>);

}  // namespace elytra::engine
