#include "server/engine/queries.hpp"

#include <optional>

#include "server/ledger/filter.hpp"
#include "server/ledger/transfer_checks.hpp"
#include "server/wire/status.hpp"

namespace elytra::engine {

using ledger::AccountRow;
using ledger::TimeWindow;
using ledger::TransferRow;
using wire::Account;
using wire::Transfer;

namespace {

// The rows [first, end) of a table.
struct RowRange {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
};

RowRange transfers_in(const MemoryStore& store, const TimeWindow& window) {
    return {.first = store.transfer_from(window.first),
            .end = store.transfer_from(window.last + 1)};
}

// The part of a posting list that lies in a range of rows, consumed from either end.
class PostingRange {
public:
    PostingRange() = default;

    PostingRange(const PostingList& list, const RowRange& rows)
        : list_(&list), low_(list.count_below(rows.first)), high_(list.count_below(rows.end)) {}

    bool empty() const { return low_ == high_; }

    std::uint32_t first() const { return (*list_)[low_]; }

    std::uint32_t last() const { return (*list_)[high_ - 1]; }

    void drop_first() { ++low_; }

    void drop_last() { --high_; }

private:
    const PostingList* list_ = nullptr;
    std::uint32_t low_ = 0;
    std::uint32_t high_ = 0;
};

struct Posting {
    TransferRow row;
    Side side;
};

// The postings of one account that a filter's times, sides and direction select. An account is
// never on both sides of a transfer, so merging the two lists needs no rule for equal rows.
class PostingCursor {
public:
    PostingCursor(const MemoryStore& store, const AccountPostings& postings,
                  const wire::AccountFilter& filter)
        : reversed_((filter.flags & wire::account_filter_flags::reversed) != 0) {
        const RowRange rows = transfers_in(store, ledger::time_window(filter));
        if ((filter.flags & wire::account_filter_flags::debits) != 0) {
            debits_ = PostingRange(postings.debits, rows);
        }
        if ((filter.flags & wire::account_filter_flags::credits) != 0) {
            credits_ = PostingRange(postings.credits, rows);
        }
    }

    std::optional<Posting> next() {
        if (debits_.empty() && credits_.empty()) return std::nullopt;
        const Side side = next_side();
        PostingRange& range = side == Side::debit ? debits_ : credits_;
        const TransferRow row{reversed_ ? range.last() : range.first()};
        if (reversed_) {
            range.drop_last();
        } else {
            range.drop_first();
        }
        return Posting{.row = row, .side = side};
    }

private:
    Side next_side() const {
        if (credits_.empty()) return Side::debit;
        if (debits_.empty()) return Side::credit;
        const bool debit =
            reversed_ ? debits_.last() > credits_.last() : debits_.first() < credits_.first();
        return debit ? Side::debit : Side::credit;
    }

    bool reversed_;
    PostingRange debits_;
    PostingRange credits_;
};

wire::AccountBalance balance(const AccountSnapshot& account, std::uint64_t timestamp) {
    return {.debits_pending = account.debits_pending,
            .debits_posted = account.debits_posted,
            .credits_pending = account.credits_pending,
            .credits_posted = account.credits_posted,
            .timestamp = timestamp};
}

// The account whose transfers a filter asks for, if it makes sense and there is one.
std::optional<AccountRow> account_of(const MemoryStore& store, const wire::AccountFilter& filter) {
    if (!ledger::filter_valid(filter)) return {};
    return store.find_account(filter.account_id);
}

// Visits the transfers of an account that the filter selects, in its order, until the results are
// full.
template <class Visit>
void scan_postings(const MemoryStore& store, AccountRow account, const wire::AccountFilter& filter,
                   const ResultWriter& results, const Visit& visit) {
    PostingCursor cursor(store, store.postings(account), filter);
    while (!results.full()) {
        const std::optional<Posting> posting = cursor.next();
        if (!posting.has_value()) return;
        const Transfer& transfer = store.transfer(posting->row);
        if (ledger::matches(filter, transfer)) visit(*posting, transfer);
    }
}

// Visits the rows in the order that the filter asks for, until the results are full.
template <class Visit>
void scan_rows(const RowRange& rows, const wire::QueryFilter& filter, const ResultWriter& results,
               const Visit& visit) {
    if ((filter.flags & wire::query_filter_flags::reversed) == 0) {
        for (std::uint32_t row = rows.first; row < rows.end && !results.full(); ++row) visit(row);
    } else {
        for (std::uint32_t row = rows.end; row > rows.first && !results.full(); --row) {
            visit(row - 1);
        }
    }
}

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

// Everything but type and timestamp.
wire::ChangeEvent change_event(const MemoryStore& store, const Transfer& transfer,
                               const EventSides& sides) {
    const AccountSnapshot debit = store.snapshot(sides, Side::debit);
    const AccountSnapshot credit = store.snapshot(sides, Side::credit);
    const Account& debit_account = store.account(debit.account);
    const Account& credit_account = store.account(credit.account);
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
            .debit_account = event_account(debit_account, debit),
            .credit_account = event_account(credit_account, credit),
            .transfer_timestamp = transfer.timestamp,
            .debit_account_timestamp = debit_account.timestamp,
            .credit_account_timestamp = credit_account.timestamp};
}

wire::ChangeEvent transfer_event(const MemoryStore& store, TransferRow row) {
    const Transfer& transfer = store.transfer(row);
    wire::ChangeEvent event = change_event(store, transfer, store.transfer_event(row));
    event.type = static_cast<std::uint8_t>(event_type(transfer));
    event.timestamp = transfer.timestamp;
    return event;
}

wire::ChangeEvent expiry_event(const MemoryStore& store, std::uint32_t row) {
    const ExpiryRow& expiry = store.expiry(row);
    wire::ChangeEvent event =
        change_event(store, store.transfer(TransferRow{expiry.transfer}), expiry.sides);
    event.type = static_cast<std::uint8_t>(wire::ChangeEventType::two_phase_expired);
    event.timestamp = expiry.timestamp;
    return event;
}

}  // namespace

void lookup_accounts(const MemoryStore& store, std::span<const u128> ids, ResultWriter& results) {
    for (const u128 id : ids) {
        const std::optional<AccountRow> row = store.find_account(id);
        if (row.has_value()) results.add(store.account(*row));
    }
}

void lookup_transfers(const MemoryStore& store, std::span<const u128> ids, ResultWriter& results) {
    for (const u128 id : ids) {
        const ledger::TransferSearch search = store.find_transfer(id);
        if (search.state == ledger::IdState::created) results.add(store.transfer(search.row));
    }
}

void get_account_transfers(const MemoryStore& store, const wire::AccountFilter& filter,
                           ResultWriter& results) {
    const std::optional<AccountRow> row = account_of(store, filter);
    if (!row.has_value()) return;
    scan_postings(store, *row, filter, results,
                  [&](const Posting&, const Transfer& transfer) { results.add(transfer); });
}

void get_account_balances(const MemoryStore& store, const wire::AccountFilter& filter,
                          ResultWriter& results) {
    const std::optional<AccountRow> row = account_of(store, filter);
    if (!row.has_value()) return;
    if ((store.account(*row).flags & wire::account_flags::history) == 0) return;
    scan_postings(store, *row, filter, results,
                  [&](const Posting& posting, const Transfer& transfer) {
                      const EventSides& sides = store.transfer_event(posting.row);
                      results.add(balance(store.snapshot(sides, posting.side), transfer.timestamp));
                  });
}

void query_accounts(const MemoryStore& store, const wire::QueryFilter& filter,
                    ResultWriter& results) {
    if (!ledger::filter_valid(filter)) return;
    const TimeWindow window = ledger::time_window(filter);
    const RowRange rows{.first = store.account_from(window.first),
                        .end = store.account_from(window.last + 1)};
    scan_rows(rows, filter, results, [&](std::uint32_t row) {
        const Account& account = store.account(AccountRow{row});
        if (ledger::matches(filter, account)) results.add(account);
    });
}

void query_transfers(const MemoryStore& store, const wire::QueryFilter& filter,
                     ResultWriter& results) {
    if (!ledger::filter_valid(filter)) return;
    const RowRange rows = transfers_in(store, ledger::time_window(filter));
    scan_rows(rows, filter, results, [&](std::uint32_t row) {
        const Transfer& transfer = store.transfer(TransferRow{row});
        if (ledger::matches(filter, transfer)) results.add(transfer);
    });
}

// Transfers and expiries each ascend by timestamp, but an imported transfer may be older than an
// expiry that came before it.
void get_change_events(const MemoryStore& store, const wire::ChangeEventsFilter& filter,
                       ResultWriter& results) {
    if (!ledger::filter_valid(filter)) return;
    const TimeWindow window = ledger::time_window(filter);
    RowRange transfers = transfers_in(store, window);
    RowRange expiries{.first = store.expiry_from(window.first),
                      .end = store.expiry_from(window.last + 1)};
    while (!results.full()) {
        const bool transfer_left = transfers.first < transfers.end;
        const bool expiry_left = expiries.first < expiries.end;
        if (!transfer_left && !expiry_left) return;
        const TransferRow row{transfers.first};
        const bool transfer_next =
            transfer_left && (!expiry_left || store.transfer(row).timestamp <=
                                                  store.expiry(expiries.first).timestamp);
        if (transfer_next) {
            results.add(transfer_event(store, row));
            ++transfers.first;
        } else {
            results.add(expiry_event(store, expiries.first));
            ++expiries.first;
        }
    }
}

}  // namespace elytra::engine
