#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/prefetch.hpp"
#include "server/engine/id_index.hpp"
#include "server/engine/records.hpp"
#include "server/ledger/store.hpp"
#include "server/wire/objects.hpp"

namespace elytra::engine {

// The rows that were made between two cuts, in memory. While the older of two generations is
// written to the page store, nobody changes it, so that jobs may read it on another core.
class Generation {
public:
    explicit Generation(const Limits& limits);

    // Where the rows of a generation begin: behind all that came before.
    struct Start {
        std::uint32_t transfers = 0;
        std::uint32_t expiries = 0;
        std::uint32_t failed_ids = 0;
    };

    // Empties it. Memory is kept.
    void start(const Start& start);

    // Where the next generation begins.
    Start end() const;

    const Start& begin() const { return start_; }

    // Rows made since start(), of all tables.
    std::uint64_t row_count() const {
        return transfers_.size() + expiries_.size() + failed_ids_.size();
    }

    // What an event left behind on both accounts: the low halves of the balances, and where the
    // high halves are when one is not zero.
    struct Balances {
        std::uint64_t debits_pending = 0;
        std::uint64_t debits_posted = 0;
        std::uint64_t credits_pending = 0;
        std::uint64_t credits_posted = 0;
    };

    struct Sides {
        Balances debit;
        Balances credit;
        std::uint16_t debit_flags = 0;
        std::uint16_t credit_flags = 0;
        std::uint32_t wide = UINT32_MAX;  // index of the high halves
    };

    // ---- transfers: rows [begin().transfers, end().transfers) ----

    bool has_transfer(ledger::TransferRow row) const {
        return row.value - start_.transfers < transfers_.size();
    }

    const wire::Transfer& transfer(ledger::TransferRow row) const {
        return transfers_[row.value - start_.transfers];
    }

    ledger::Parties parties(ledger::TransferRow row) const {
        return parties_[row.value - start_.transfers];
    }

    TransferRecord record(ledger::TransferRow row) const;

    // All of them in order of rows: for scans.
    std::span<const wire::Transfer> transfers() const { return transfers_; }

    std::span<const ledger::Parties> parties() const { return parties_; }

    // The accounts as they are after the transfer.
    ledger::TransferRow append_transfer(const wire::Transfer& transfer, ledger::Parties parties,
                                        const wire::Account& debit, const wire::Account& credit);

    // Takes back the transfers from `row` on.
    void truncate_transfers(ledger::TransferRow row);

    // ---- expiries and failed ids ----

    void append_expiry(ledger::TransferRow row, std::uint64_t timestamp, ledger::Parties parties,
                       const wire::Account& debit, const wire::Account& credit);

    std::uint32_t expiry_count() const { return static_cast<std::uint32_t>(expiries_.size()); }

    // By position since start().
    ExpiryRecord expiry(std::uint32_t position) const;

    std::uint64_t expiry_timestamp(std::uint32_t position) const {
        return expiries_[position].timestamp;
    }

    void append_failed_id(u128 id);

    std::span<const u128> failed_ids() const { return failed_ids_; }

    // ---- ids of transfers and of failed ones ----

    ledger::TransferSearch find(u128 id) const;

    // Whether it is worth to look: most ids are new and, as clients make them, above all others.
    bool may_have(u128 id) const { return id <= id_max_; }

    void prefetch_index(u128 id) const { ids_.prefetch(id); }

    // Loads the row that the id is likely to name.
    void prefetch_row(u128 id) const;

    // The likely row of an id, for prefetching what belongs to it.
    std::optional<ledger::TransferRow> guess(u128 id) const;

private:
    static constexpr std::uint32_t failed_bit = 1U << 31;

    struct Expiry {
        Sides sides;
        ledger::Parties parties;
        std::uint64_t timestamp = 0;
        ledger::TransferRow transfer;
    };

    struct WideBalances {
        Balances debit;
        Balances credit;
    };

    Sides sides_of(const wire::Account& debit, const wire::Account& credit);
    AccountSnapshot snapshot(const Sides& sides, ledger::Parties parties, Side side) const;

    Start start_;
    std::vector<wire::Transfer> transfers_;
    std::vector<ledger::Parties> parties_;
    std::vector<Sides> sides_;
    std::vector<Expiry> expiries_;
    std::vector<WideBalances> wide_;
    std::vector<u128> failed_ids_;
    u128 id_max_ = 0;  // no id in ids_ is above it
    IdIndex ids_;      // positions in transfers_, or in failed_ids_ with failed_bit
};

}  // namespace elytra::engine
