#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/engine/account_table.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/expiry_queue.hpp"
#include "server/engine/generation.hpp"
#include "server/engine/records.hpp"
#include "server/engine/status_table.hpp"
#include "server/engine/working_set.hpp"
#include "server/ledger/store.hpp"

namespace elytra::engine {

// The working state of the ledger (ledger::Store). Accounts, pending statuses and the queue of
// expiries are in memory; so are the rows of two generations: the one that grows (active) and the
// one before it (previous), which the flush of the last cut brings to the page store. All older
// rows are found through the catalog. What an operation needs of them is fetched into the working
// set before the operation runs (Fetch), because nothing here waits for the disk.
//
// Expiries of new transfers are found only after end_operation(): until then a chain may still take
// them back.
class LedgerStore {
public:
    explicit LedgerStore(const Limits& limits);

    // ---- ledger::Store ----

    std::optional<ledger::AccountRow> find_account(u128 id) const { return accounts_.find(id); }

    const wire::Account& account(ledger::AccountRow row) const { return accounts_.account(row); }

    std::uint64_t account_timestamp_last() const { return accounts_.timestamp_last(); }

    bool account_at(std::uint64_t timestamp) const;

    void append_account(const wire::Account& account) { accounts_.append(account); }

    void update_account(ledger::AccountRow row, const wire::Account& updated);

    ledger::TransferSearch find_transfer(u128 id) const;
    const wire::Transfer& transfer(ledger::TransferRow row) const;
    ledger::Parties parties(ledger::TransferRow row) const;

    std::uint64_t transfer_timestamp_last() const { return transfer_timestamp_last_; }

    bool transfer_at(std::uint64_t timestamp) const;
    ledger::TransferRow append_transfer(const wire::Transfer& transfer, ledger::Parties parties);

    void remember_failed(u128 id) { active().append_failed_id(id); }

    ledger::PendingStatus pending_status(ledger::TransferRow row) const;
    void set_pending_status(ledger::TransferRow row, ledger::PendingStatus status);
    void append_expiry(ledger::TransferRow row, std::uint64_t timestamp);

    void chain_begin();
    void chain_end(ledger::ChainEnd end);

    void prefetch(const wire::Account& event, ledger::Prefetch stage) const;
    void prefetch(const wire::Transfer& event, ledger::Prefetch stage) const;

    // ---- operations ----

    // Ends an operation: what it created is queued, and the working set is empty again.
    void end_operation(std::uint64_t timestamp);

    // Of the last operation.
    std::uint64_t timestamp() const { return timestamp_; }

    // The pending transfers that have to expire. The front is live.
    const ExpiryQueue& expiries_due() const { return expiry_queue_; }

    // Takes the front out of the queue; the caller expires it.
    ledger::TransferRow pop_expiry();

    WorkingSet& working_set() { return working_set_; }

    // ---- what queries and jobs read ----

    const AccountTable& accounts() const { return accounts_; }

    // Changes only when a flush is done: then it also has the rows of the previous generation, and
    // results of merges have replaced their inputs. Who waits in between keeps RunRefs; row tables
    // only grow.
    const Catalog& catalog() const { return catalog_; }

    // Rows below are read from the page store, the others from the generations.
    Generation::Start memory_begin() const { return previous().begin(); }

    // The older one first.
    std::array<const Generation*, 2> generations() const { return {&previous(), &active()}; }

    const Generation& previous() const { return generations_[active_ ^ 1U]; }

    const Generation& active() const { return generations_[active_]; }

    std::uint32_t transfer_count() const { return active().end().transfers; }

    std::uint32_t expiry_count() const { return active().end().expiries; }

    // ---- checkpoints ----

    // Rows that wait for the next cut.
    std::uint64_t rows_since_cut() const { return active().row_count(); }

    // Starts a new generation: the active one becomes the previous one.
    // Requires: the catalog has all rows of the one that was previous.
    void cut();

    Catalog& catalog() { return catalog_; }

    AccountTable& accounts() { return accounts_; }

    StatusTable& statuses() { return statuses_; }

    // ---- restoring: fills in what Restore has read ----

    void restore(Catalog catalog);

    // A pending transfer with a timeout, as an expiry index names it; resolved ones are left out.
    void restore_expiry(const ExpiryQueue::Entry& entry);

private:
    struct AccountBefore {
        ledger::AccountRow row;
        wire::Account account;
    };

    // A transfer that had not been resolved.
    struct StatusBefore {
        ledger::TransferRow row;
    };

    // What an open chain has to take back when it fails.
    struct Undo {
        bool open = false;
        std::uint32_t accounts = 0;  // row counts
        std::uint32_t transfers = 0;
        std::uint64_t transfer_timestamp_last = 0;
        std::vector<AccountBefore> account_changes;
        std::vector<StatusBefore> status_changes;
    };

    Generation& active() { return generations_[active_]; }

    bool is_live(ledger::TransferRow row) const;
    void prefetch_movement(const wire::Transfer& event, ledger::Prefetch stage) const;
    void prefetch_resolution(const wire::Transfer& event, ledger::Prefetch stage) const;
    void undo_chain();
    void queue_expiries();

    AccountTable accounts_;
    StatusTable statuses_;
    std::array<Generation, 2> generations_;
    std::uint32_t active_ = 0;
    Catalog catalog_;
    WorkingSet working_set_;
    ExpiryQueue expiry_queue_;
    std::uint64_t timestamp_ = 0;
    std::uint64_t transfer_timestamp_last_ = 0;
    std::vector<ledger::TransferRow> pending_new_;  // with a timeout, of the running operation
    Undo undo_;
};

static_assert(ledger::Store<LedgerStore>);

}  // namespace elytra::engine
