#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "server/common/assert.hpp"
#include "server/engine/query.hpp"
#include "server/engine/row_reader.hpp"
#include "server/engine/timed_records.hpp"
#include "server/ledger/filter.hpp"
#include "server/ledger/transfer_checks.hpp"

namespace elytra::engine {

using ledger::TransferRow;
using wire::Account;
using wire::Transfer;

namespace {

wire::ChangeEventType event_type(const Transfer& transfer) {
    namespace flags = wire::transfer_flags;
    if (ledger::has_any(transfer, flags::pending)) return wire::ChangeEventType::two_phase_pending;
    if (ledger::has_any(transfer, flags::post_pending_transfer)) {
        return wire::ChangeEventType::two_phase_posted;
    }
    if (ledger::has_any(transfer, flags::void_pending_transfer)) {
        return wire::ChangeEventType::two_phase_voided;
    }
    return wire::ChangeEventType::single_phase;
}

wire::ChangeEventAccount event_account(const Account& account, const AccountSnapshot& then) {
    return {.id = account.id,
            .debits_pending = then.debits_pending,
            .debits_posted = then.debits_posted,
            .credits_pending = then.credits_pending,
            .credits_posted = then.credits_posted,
            .user_data_128 = account.user_data_128,
            .user_data_64 = account.user_data_64,
            .user_data_32 = account.user_data_32,
            .code = account.code,
            .flags = then.flags};
}

// Everything but type and timestamp. `event` has the accounts as they were right after it.
template <class Record>
wire::ChangeEvent change_event(const LedgerStore& store, const Transfer& transfer,
                               const Record& event) {
    const Account& debit_account = store.account(event.debit.account);
    const Account& credit_account = store.account(event.credit.account);
    return {.transfer_id = transfer.id,
            .transfer_amount = transfer.amount,
            .transfer_pending_id = transfer.pending_id,
            .transfer_user_data_128 = transfer.user_data_128,
            .transfer_user_data_64 = transfer.user_data_64,
            .transfer_user_data_32 = transfer.user_data_32,
            .transfer_timeout = transfer.timeout,
            .transfer_code = transfer.code,
            .transfer_flags = transfer.flags,
            .ledger = transfer.ledger,
            .debit_account = event_account(debit_account, event.debit),
            .credit_account = event_account(credit_account, event.credit),
            .transfer_timestamp = transfer.timestamp,
            .debit_account_timestamp = debit_account.timestamp,
            .credit_account_timestamp = credit_account.timestamp};
}

wire::ChangeEvent transfer_event(const LedgerStore& store, const TransferRecord& record) {
    wire::ChangeEvent event = change_event(store, record.transfer, record);
    event.type = static_cast<std::uint8_t>(event_type(record.transfer));
    event.timestamp = record.transfer.timestamp;
    return event;
}

wire::ChangeEvent expiry_event(const LedgerStore& store, const Transfer& pending,
                               const ExpiryRecord& record) {
    wire::ChangeEvent event = change_event(store, pending, record);
    event.type = static_cast<std::uint8_t>(wire::ChangeEventType::two_phase_expired);
    event.timestamp = record.timestamp;
    return event;
}

// Transfers by their rows, which may be anywhere.
class PendingTransfers {
public:
    explicit PendingTransfers(const QuerySource& source)
        : store_(source.store), reader_(source, ledger::TimeWindow{}) {}

    // Forgets all others. Requires: rows ascend.
    void begin(std::vector<std::uint32_t> stored_rows) {
        stored_rows_ = std::move(stored_rows);
        stored_.clear();
        reader_.begin(stored_rows_);
    }

    Progress advance() {
        return reader_.advance([&](const TransferRecord& record) {
            stored_.push_back(record.transfer);
            return true;
        });
    }

    bool is_stored(TransferRow row) const { return row.value < store_.memory_begin().transfers; }

    const Transfer& transfer(TransferRow row) const {
        if (!is_stored(row)) return store_.transfer(row);
        const auto found = std::ranges::lower_bound(stored_rows_, row.value);
        ELYTRA_ASSERT(found != stored_rows_.end() && *found == row.value);
        return stored_[static_cast<std::size_t>(found - stored_rows_.begin())];
    }

private:
    const LedgerStore& store_;
    RowReader<TransferRecord> reader_;
    std::vector<std::uint32_t> stored_rows_;
    std::vector<Transfer> stored_;
};

// Transfers and expiries each ascend by timestamp, but an imported transfer may be older than an
// expiry that came before it. Some of both are read; what is certain to come next of them is
// chosen; and of chosen expiries the pending transfers are read, which may be anywhere.
class ChangeEvents final : public Query {
public:
    ChangeEvents(const QuerySource& source, const ledger::TimeWindow& window)
        : store_(source.store),
          transfers_(source, window),
          expiries_(source, window),
          pending_(source) {}

    Progress advance(ResultWriter& results) override;

private:
    enum class Stage : std::uint8_t { transfers, expiries, pending };

    // Of both kinds, in memory at the same time.
    static constexpr std::uint32_t records_max = 512;

    // How many of each kind come before all that are not read yet.
    struct Chosen {
        std::size_t transfers = 0;
        std::size_t expiries = 0;
    };

    bool transfer_is_next(const Chosen& before) const;
    Chosen choose(std::uint32_t count) const;
    void begin_pending();
    void write(ResultWriter& results);

    const LedgerStore& store_;
    TimedRecords<TransferRecord> transfers_;
    TimedRecords<ExpiryRecord> expiries_;
    PendingTransfers pending_;
    Stage stage_ = Stage::transfers;
    Chosen chosen_;
};

Progress ChangeEvents::advance(ResultWriter& results) {
    while (!results.full()) {
        const std::uint32_t count = std::min(results.left(), records_max);
        switch (stage_) {
            case Stage::transfers:
                if (transfers_.fill(count) == Progress::waiting) return Progress::waiting;
                stage_ = Stage::expiries;
                break;
            case Stage::expiries:
                if (expiries_.fill(count) == Progress::waiting) return Progress::waiting;
                chosen_ = choose(count);
                if (chosen_.transfers + chosen_.expiries == 0) return Progress::done;
                begin_pending();
                stage_ = Stage::pending;
                break;
            case Stage::pending:
                if (pending_.advance() == Progress::waiting) return Progress::waiting;
                write(results);
                stage_ = Stage::transfers;
                break;
        }
    }
    return Progress::done;
}

// Of two at the same time the transfer comes first. Requires: there is one of either kind.
bool ChangeEvents::transfer_is_next(const Chosen& before) const {
    const auto transfers = transfers_.records().subspan(before.transfers);
    const auto expiries = expiries_.records().subspan(before.expiries);
    if (transfers.empty()) return false;
    if (expiries.empty()) return true;
    return transfers.front().transfer.timestamp <= expiries.front().timestamp;
}

// So many of each kind are read, or all: none of the others can come before these.
ChangeEvents::Chosen ChangeEvents::choose(std::uint32_t count) const {
    const std::size_t all = transfers_.records().size() + expiries_.records().size();
    Chosen chosen;
    while (chosen.transfers + chosen.expiries < std::min<std::size_t>(count, all)) {
        ++(transfer_is_next(chosen) ? chosen.transfers : chosen.expiries);
    }
    return chosen;
}

void ChangeEvents::begin_pending() {
    std::vector<std::uint32_t> rows;
    for (const ExpiryRecord& expiry : expiries_.records().first(chosen_.expiries)) {
        if (pending_.is_stored(expiry.transfer)) rows.push_back(expiry.transfer.value);
    }
    std::ranges::sort(rows);
    pending_.begin(std::move(rows));
}

void ChangeEvents::write(ResultWriter& results) {
    Chosen written;
    while (written.transfers + written.expiries < chosen_.transfers + chosen_.expiries) {
        if (transfer_is_next(written)) {
            results.add(transfer_event(store_, transfers_.records()[written.transfers++]));
        } else {
            const ExpiryRecord& expiry = expiries_.records()[written.expiries++];
            results.add(expiry_event(store_, pending_.transfer(expiry.transfer), expiry));
        }
    }
    transfers_.drop(chosen_.transfers);
    expiries_.drop(chosen_.expiries);
}

class NoEvents final : public Query {
public:
    Progress advance(ResultWriter&) override { return Progress::done; }
};

}  // namespace

std::unique_ptr<Query> get_change_events(const QuerySource& source,
                                         const wire::ChangeEventsFilter& filter) {
    if (!ledger::filter_valid(filter)) return std::make_unique<NoEvents>();
    return std::make_unique<ChangeEvents>(source, ledger::time_window(filter));
}

}  // namespace elytra::engine
