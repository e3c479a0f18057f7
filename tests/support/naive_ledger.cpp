#include "tests/support/naive_ledger.hpp"

#include <algorithm>
#include <limits>

namespace elytra::test {

using wire::Account;
using wire::AccountBalance;
using wire::AccountFilter;
using wire::ChangeEvent;
using wire::Transfer;

namespace {

constexpr u128 id_max = ~u128{0};
constexpr std::uint64_t time_max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t created = 0xffffffff;

// Bits as in the tables of the specification, in their order there.
enum AccountBit { a_linked, a_debits_limited, a_credits_limited, a_history, a_imported, a_closed };

enum TransferBit {
    t_linked,
    t_pending,
    t_post,
    t_void,
    t_balancing_debit,
    t_balancing_credit,
    t_closing_debit,
    t_closing_credit,
    t_imported
};

template <class Object>
bool bit(const Object& object, int number) {
    return ((object.flags >> number) & 1) != 0;
}

// A row of a table of checks: when it holds, the status is the answer.
struct Check {
    bool failed;
    std::uint32_t status;
};

std::uint32_t first_failed(std::initializer_list<Check> checks) {
    for (const Check& check : checks) {
        if (check.failed) return check.status;
    }
    return created;
}

// Whether the sum of all is above the largest amount.
bool too_large(std::initializer_list<u128> amounts) {
    u128 sum = 0;
    for (const u128 amount : amounts) {
        if (amount > id_max - sum) return true;
        sum += amount;
    }
    return false;
}

u128 room(u128 whole, u128 used) { return whole <= used ? 0 : whole - used; }

std::uint64_t end_of(const Transfer& pending) {
    return pending.timestamp + std::uint64_t{pending.timeout} * 1'000'000'000;
}

bool transient(std::uint32_t status) {
    const std::set<std::uint32_t> numbers{21, 22, 25, 54, 55, 65, 66};
    return numbers.contains(status);
}

template <class Filter>
bool window_valid(const Filter& filter) {
    const auto valid = [](std::uint64_t time) { return time <= time_max; };
    return valid(filter.timestamp_min) && valid(filter.timestamp_max) && filter.limit != 0 &&
           (filter.timestamp_max == 0 || filter.timestamp_min <= filter.timestamp_max) &&
           std::ranges::count(filter.reserved, 0) == std::ssize(filter.reserved);
}

template <class Filter>
bool in_window(const Filter& filter, std::uint64_t time) {
    return time >= filter.timestamp_min &&
           (filter.timestamp_max == 0 || time <= filter.timestamp_max);
}

template <class Filter, class Object>
bool fields_agree(const Filter& filter, const Object& object) {
    if (filter.user_data_128 != 0 && filter.user_data_128 != object.user_data_128) return false;
    if (filter.user_data_64 != 0 && filter.user_data_64 != object.user_data_64) return false;
    if (filter.user_data_32 != 0 && filter.user_data_32 != object.user_data_32) return false;
    return filter.code == 0 || filter.code == object.code;
}

// Everything that `wanted` lets through, by time, cut to the limit.
template <class Object, class Wanted>
std::vector<Object> select(const std::map<u128, Object>& objects, const Wanted& wanted,
                           bool reversed, std::size_t limit) {
    std::vector<Object> found;
    for (const auto& [id, object] : objects) {
        if (wanted(object)) found.push_back(object);
    }
    std::ranges::sort(found, {}, &Object::timestamp);
    if (reversed) std::ranges::reverse(found);
    if (found.size() > limit) found.resize(limit);
    return found;
}

wire::ChangeEventAccount side_of(const Account& account) {
    return {account.id,
            account.debits_pending,
            account.debits_posted,
            account.credits_pending,
            account.credits_posted,
            account.user_data_128,
            account.user_data_64,
            account.user_data_32,
            account.code,
            account.flags};
}

}  // namespace

template <class Event, class JudgeOne>
NaiveLedger::Results NaiveLedger::run_batch(std::span<const Event> events, std::uint64_t slot_first,
                                            JudgeOne judge_one) {
    constexpr bool of_accounts = std::is_same_v<Event, Account>;
    constexpr int imported = of_accounts ? int{a_imported} : int{t_imported};
    constexpr std::uint32_t base = of_accounts ? 22 : 56;  // imported_event_expected
    Results results;
    bool chain_open = false;
    bool chain_failed = false;
    std::size_t chain_start = 0;
    State before;
    for (std::size_t index = 0; index < events.size(); ++index) {
        const Event& event = events[index];
        const bool linked = bit(event, 0);
        const bool batch_imported = bit(events[0], imported);
        const std::uint64_t slot = slot_first + index;
        const std::uint64_t slot_last = slot_first + events.size() - 1;
        if (linked && !chain_open) {
            chain_open = true;
            chain_start = index;
            chain_failed = false;
            before = state_;
        }
        const std::uint64_t time = event.timestamp;
        std::uint32_t status = first_failed({
            {linked && index + 1 == events.size(), 2},
            {chain_open && chain_failed, 1},
            {bit(event, imported) && !batch_imported, base + 1},
            {!bit(event, imported) && batch_imported, base},
            {batch_imported && (time == 0 || time > time_max), base + 2},
            {batch_imported && time >= slot_last, base + 3},
            {!batch_imported && time != 0, 3},
        });
        std::uint64_t reported = slot;
        if (status == created) std::tie(status, reported) = judge_one(event, slot);
        results.push_back({.timestamp = reported, .status = status});
        if (status != created && chain_open && !chain_failed) {
            state_ = before;
            chain_failed = true;
            for (std::size_t member = chain_start; member < index; ++member)
                results[member].status = 1;
        }
        if (!of_accounts && transient(status)) failed_.insert(event.id);
        if (!linked || index + 1 == events.size()) chain_open = false;
    }
    return results;
}

NaiveLedger::Results NaiveLedger::create_accounts(std::span<const Account> events,
                                                  std::uint64_t slot_first) {
    return run_batch(events, slot_first, [&](const Account& event, std::uint64_t slot) {
        return judge_account(event, slot);
    });
}

NaiveLedger::Results NaiveLedger::create_transfers(std::span<const Transfer> events,
                                                   std::uint64_t slot_first) {
    return run_batch(events, slot_first, [&](const Transfer& event, std::uint64_t slot) {
        return judge_transfer(event, slot);
    });
}

std::uint64_t NaiveLedger::last_account_time() const {
    std::uint64_t last = 0;
    for (const auto& [id, account] : state_.accounts) last = std::max(last, account.timestamp);
    return last;
}

std::uint64_t NaiveLedger::last_transfer_time() const {
    std::uint64_t last = 0;
    for (const auto& [id, transfer] : state_.transfers) last = std::max(last, transfer.timestamp);
    return last;
}

NaiveLedger::Judgement NaiveLedger::judge_account(const Account& event, std::uint64_t slot) {
    const std::uint32_t early = first_failed({
        {event.reserved != 0, 4},
        {event.flags >> 6 != 0, 5},
        {event.id == 0, 6},
        {event.id == id_max, 7},
    });
    if (early != created) return {early, slot};
    if (state_.accounts.contains(event.id)) {
        const Account& stored = state_.accounts.at(event.id);
        const std::uint32_t difference = first_failed({
            {event.flags != stored.flags, 15},
            {event.user_data_128 != stored.user_data_128, 16},
            {event.user_data_64 != stored.user_data_64, 17},
            {event.user_data_32 != stored.user_data_32, 18},
            {event.ledger != stored.ledger, 19},
            {event.code != stored.code, 20},
        });
        if (difference != created) return {difference, slot};
        return {21, stored.timestamp};
    }
    const bool imported = bit(event, a_imported);
    const bool taken = std::ranges::any_of(state_.transfers, [&](const auto& entry) {
        return entry.second.timestamp == event.timestamp;
    });
    const std::uint32_t late = first_failed({
        {bit(event, a_debits_limited) && bit(event, a_credits_limited), 8},
        {event.debits_pending != 0, 9},
        {event.debits_posted != 0, 10},
        {event.credits_pending != 0, 11},
        {event.credits_posted != 0, 12},
        {event.ledger == 0, 13},
        {event.code == 0, 14},
        {imported && (event.timestamp <= last_account_time() || taken), 26},
    });
    if (late != created) return {late, slot};
    Account account = event;
    if (!imported) account.timestamp = slot;
    state_.accounts[account.id] = account;
    return {created, account.timestamp};
}

NaiveLedger::Judgement NaiveLedger::judge_transfer(const Transfer& event, std::uint64_t slot) {
    const std::uint32_t early = first_failed({
        {event.flags >> 9 != 0, 4},
        {event.id == 0, 5},
        {event.id == id_max, 6},
    });
    if (early != created) return {early, slot};
    if (state_.transfers.contains(event.id)) {
        const Transfer& stored = state_.transfers.at(event.id);
        const std::uint32_t status = judge_existing(event, stored);
        return {status, status == 46 ? stored.timestamp : slot};
    }
    if (failed_.contains(event.id)) return {68, slot};
    if (bit(event, t_post) || bit(event, t_void)) return judge_resolution(event, slot);
    return judge_movement(event, slot);
}

std::uint32_t NaiveLedger::judge_existing(const Transfer& event, const Transfer& stored) const {
    const bool resolution = bit(event, t_post) || bit(event, t_void);
    const bool balancing = bit(event, t_balancing_debit) || bit(event, t_balancing_credit);
    Transfer expected = stored;
    if (event.flags == stored.flags && resolution) {
        // What the event leaves open is taken over from the pending transfer.
        const auto pending = state_.transfers.find(stored.pending_id);
        const bool all = bit(event, t_void) ? event.amount == 0 : event.amount == id_max;
        if (all && pending->second.amount == stored.amount) expected.amount = event.amount;
        const Transfer& inherited = pending->second;
        const auto open = [](auto sent, auto& wanted, auto from_pending) {
            if (sent == 0 && wanted == from_pending) wanted = 0;
        };
        open(event.debit_account_id, expected.debit_account_id, inherited.debit_account_id);
        open(event.credit_account_id, expected.credit_account_id, inherited.credit_account_id);
        open(event.user_data_128, expected.user_data_128, inherited.user_data_128);
        open(event.user_data_64, expected.user_data_64, inherited.user_data_64);
        open(event.user_data_32, expected.user_data_32, inherited.user_data_32);
        open(event.ledger, expected.ledger, inherited.ledger);
        open(event.code, expected.code, inherited.code);
    }
    if (balancing && event.amount >= stored.amount) expected.amount = event.amount;
    const std::uint32_t difference = first_failed({
        {event.flags != expected.flags, 36},
        {event.pending_id != expected.pending_id, 40},
        {event.timeout != expected.timeout, 44},
        {event.debit_account_id != expected.debit_account_id, 37},
        {event.credit_account_id != expected.credit_account_id, 38},
        {event.amount != expected.amount, 39},
        {event.user_data_128 != expected.user_data_128, 41},
        {event.user_data_64 != expected.user_data_64, 42},
        {event.user_data_32 != expected.user_data_32, 43},
        {event.ledger != expected.ledger, 67},
        {event.code != expected.code, 45},
    });
    return difference == created ? 46 : difference;
}

NaiveLedger::Judgement NaiveLedger::judge_movement(Transfer event, std::uint64_t slot) {
    const bool pending = bit(event, t_pending);
    const bool imported = bit(event, t_imported);
    const bool closing = bit(event, t_closing_debit) || bit(event, t_closing_credit);
    const std::uint32_t fields = first_failed({
        {event.debit_account_id == 0, 8},
        {event.debit_account_id == id_max, 9},
        {event.credit_account_id == 0, 10},
        {event.credit_account_id == id_max, 11},
        {event.debit_account_id == event.credit_account_id, 12},
        {event.pending_id != 0, 13},
        {!pending && event.timeout != 0, 17},
        {!pending && closing, 64},
        {event.ledger == 0, 19},
        {event.code == 0, 20},
        {!state_.accounts.contains(event.debit_account_id), 21},
        {!state_.accounts.contains(event.credit_account_id), 22},
    });
    if (fields != created) return {fields, slot};

    Account& debit = state_.accounts.at(event.debit_account_id);
    Account& credit = state_.accounts.at(event.credit_account_id);
    const bool taken = std::ranges::any_of(state_.accounts, [&](const auto& entry) {
        return entry.second.timestamp == event.timestamp;
    });
    const std::uint32_t relations = first_failed({
        {debit.ledger != credit.ledger, 23},
        {event.ledger != debit.ledger, 24},
        {imported && (event.timestamp <= last_transfer_time() || taken), 60},
        {imported && event.timestamp <= debit.timestamp, 61},
        {imported && event.timestamp <= credit.timestamp, 62},
        {imported && event.timeout != 0, 63},
        {bit(debit, a_closed), 65},
        {bit(credit, a_closed), 66},
    });
    if (relations != created) return {relations, slot};

    if (!imported) event.timestamp = slot;
    if (bit(event, t_balancing_debit)) {
        const u128 used = debit.debits_posted + debit.debits_pending;
        event.amount = std::min(event.amount, room(debit.credits_posted, used));
    }
    if (bit(event, t_balancing_credit)) {
        const u128 used = credit.credits_posted + credit.credits_pending;
        event.amount = std::min(event.amount, room(credit.debits_posted, used));
    }
    const u128 amount = event.amount;
    const std::uint32_t overflow = first_failed({
        {pending && too_large({amount, debit.debits_pending}), 47},
        {pending && too_large({amount, credit.credits_pending}), 48},
        {too_large({amount, debit.debits_posted}), 49},
        {too_large({amount, credit.credits_posted}), 50},
        {too_large({amount, debit.debits_pending, debit.debits_posted}), 51},
        {too_large({amount, credit.credits_pending, credit.credits_posted}), 52},
        {end_of(event) > time_max, 53},
    });
    if (overflow != created) return {overflow, slot};
    const std::uint32_t limits = first_failed({
        {bit(debit, a_debits_limited) &&
             debit.debits_pending + debit.debits_posted + amount > debit.credits_posted,
         54},
        {bit(credit, a_credits_limited) &&
             credit.credits_pending + credit.credits_posted + amount > credit.debits_posted,
         55},
    });
    if (limits != created) return {limits, slot};

    (pending ? debit.debits_pending : debit.debits_posted) += amount;
    (pending ? credit.credits_pending : credit.credits_posted) += amount;
    if (bit(event, t_closing_debit)) debit.flags = static_cast<std::uint16_t>(debit.flags | 32);
    if (bit(event, t_closing_credit)) credit.flags = static_cast<std::uint16_t>(credit.flags | 32);
    state_.transfers[event.id] = event;
    if (pending) state_.fates[event.id] = Fate::pending;
    record(event, pending ? 1 : 0, event.timestamp);
    return {created, event.timestamp};
}

NaiveLedger::Judgement NaiveLedger::judge_resolution(const Transfer& event, std::uint64_t slot) {
    const bool post = bit(event, t_post);
    const bool mixed = (post && bit(event, t_void)) || bit(event, t_pending) ||
                       bit(event, t_balancing_debit) || bit(event, t_balancing_credit) ||
                       bit(event, t_closing_debit) || bit(event, t_closing_credit);
    const std::uint32_t fields = first_failed({
        {mixed, 7},
        {event.pending_id == 0, 14},
        {event.pending_id == id_max, 15},
        {event.pending_id == event.id, 16},
        {event.timeout != 0, 17},
        {!state_.transfers.contains(event.pending_id), 25},
    });
    if (fields != created) return {fields, slot};

    const Transfer pending = state_.transfers.at(event.pending_id);
    Transfer stored = event;
    if (post ? event.amount == id_max : event.amount == 0) stored.amount = pending.amount;
    const auto other = [](auto sent, auto expected) { return sent != 0 && sent != expected; };
    const auto fate = [&] { return state_.fates.at(pending.id); };
    const std::uint32_t relation = first_failed({
        {!bit(pending, t_pending), 26},
        {other(event.debit_account_id, pending.debit_account_id), 27},
        {other(event.credit_account_id, pending.credit_account_id), 28},
        {other(event.ledger, pending.ledger), 29},
        {other(event.code, pending.code), 30},
        {stored.amount > pending.amount, 31},
        {!post && stored.amount < pending.amount, 32},
    });
    if (relation != created) return {relation, slot};

    Account& debit = state_.accounts.at(pending.debit_account_id);
    Account& credit = state_.accounts.at(pending.credit_account_id);
    const bool imported = bit(event, t_imported);
    const bool taken = std::ranges::any_of(state_.accounts, [&](const auto& entry) {
        return entry.second.timestamp == event.timestamp;
    });
    const std::uint32_t late = first_failed({
        {fate() == Fate::posted, 33},
        {fate() == Fate::voided, 34},
        {fate() == Fate::expired, 35},
        {pending.timeout != 0 && end_of(pending) <= slot, 35},
        {imported && (event.timestamp <= last_transfer_time() || taken), 60},
        {post && bit(debit, a_closed), 65},
        {post && bit(credit, a_closed), 66},
    });
    if (late != created) return {late, slot};

    stored.debit_account_id = pending.debit_account_id;
    stored.credit_account_id = pending.credit_account_id;
    stored.ledger = pending.ledger;
    stored.code = pending.code;
    if (stored.user_data_128 == 0) stored.user_data_128 = pending.user_data_128;
    if (stored.user_data_64 == 0) stored.user_data_64 = pending.user_data_64;
    if (stored.user_data_32 == 0) stored.user_data_32 = pending.user_data_32;
    if (!imported) stored.timestamp = slot;
    debit.debits_pending -= pending.amount;
    credit.credits_pending -= pending.amount;
    if (post) {
        debit.debits_posted += stored.amount;
        credit.credits_posted += stored.amount;
    } else {
        if (bit(pending, t_closing_debit)) debit.flags &= 0xffdf;
        if (bit(pending, t_closing_credit)) credit.flags &= 0xffdf;
    }
    state_.transfers[stored.id] = stored;
    state_.fates[pending.id] = post ? Fate::posted : Fate::voided;
    record(stored, post ? 2 : 3, stored.timestamp);
    return {created, stored.timestamp};
}

void NaiveLedger::record(const Transfer& transfer, std::uint8_t type, std::uint64_t timestamp) {
    const Account& debit = state_.accounts.at(transfer.debit_account_id);
    const Account& credit = state_.accounts.at(transfer.credit_account_id);
    ChangeEvent event;
    event.transfer_id = transfer.id;
    event.transfer_amount = transfer.amount;
    event.transfer_pending_id = transfer.pending_id;
    event.transfer_user_data_128 = transfer.user_data_128;
    event.transfer_user_data_64 = transfer.user_data_64;
    event.transfer_user_data_32 = transfer.user_data_32;
    event.transfer_timeout = transfer.timeout;
    event.transfer_code = transfer.code;
    event.transfer_flags = transfer.flags;
    event.ledger = transfer.ledger;
    event.type = type;
    event.debit_account = side_of(debit);
    event.credit_account = side_of(credit);
    event.timestamp = timestamp;
    event.transfer_timestamp = transfer.timestamp;
    event.debit_account_timestamp = debit.timestamp;
    event.credit_account_timestamp = credit.timestamp;
    state_.events.push_back(event);
}

std::uint64_t NaiveLedger::pulse_next() const {
    std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [id, fate] : state_.fates) {
        const Transfer& pending = state_.transfers.at(id);
        if (fate == Fate::pending && pending.timeout != 0) next = std::min(next, end_of(pending));
    }
    return next;
}

void NaiveLedger::pulse(std::uint64_t timestamp, std::size_t max) {
    std::vector<Transfer> due;
    for (const auto& [id, fate] : state_.fates) {
        const Transfer& pending = state_.transfers.at(id);
        if (fate == Fate::pending && pending.timeout != 0 && end_of(pending) <= timestamp) {
            due.push_back(pending);
        }
    }
    std::ranges::sort(due, [](const Transfer& left, const Transfer& right) {
        return std::pair(end_of(left), left.timestamp) < std::pair(end_of(right), right.timestamp);
    });
    if (due.size() > max) due.resize(max);
    for (std::size_t index = 0; index < due.size(); ++index) {
        const Transfer& pending = due[index];
        Account& debit = state_.accounts.at(pending.debit_account_id);
        Account& credit = state_.accounts.at(pending.credit_account_id);
        debit.debits_pending -= pending.amount;
        credit.credits_pending -= pending.amount;
        if (bit(pending, t_closing_debit)) debit.flags &= 0xffdf;
        if (bit(pending, t_closing_credit)) credit.flags &= 0xffdf;
        state_.fates[pending.id] = Fate::expired;
        record(pending, 4, timestamp - due.size() + 1 + index);
    }
}

std::vector<Account> NaiveLedger::lookup_accounts(std::span<const u128> ids) const {
    std::vector<Account> found;
    for (const u128 id : ids) {
        if (state_.accounts.contains(id)) found.push_back(state_.accounts.at(id));
    }
    return found;
}

std::vector<Transfer> NaiveLedger::lookup_transfers(std::span<const u128> ids) const {
    std::vector<Transfer> found;
    for (const u128 id : ids) {
        if (state_.transfers.contains(id)) found.push_back(state_.transfers.at(id));
    }
    return found;
}

std::vector<Transfer> NaiveLedger::account_transfers(AccountFilter filter, std::size_t max) const {
    const bool sides = (filter.flags & 3) != 0;
    const bool valid = window_valid(filter) && sides && filter.flags < 8 &&
                       filter.account_id != 0 && filter.account_id != id_max;
    if (!valid) return {};
    const auto wanted = [&](const Transfer& transfer) {
        const bool debit =
            (filter.flags & 1) != 0 && transfer.debit_account_id == filter.account_id;
        const bool credit =
            (filter.flags & 2) != 0 && transfer.credit_account_id == filter.account_id;
        return (debit || credit) && in_window(filter, transfer.timestamp) &&
               fields_agree(filter, transfer);
    };
    return select(state_.transfers, wanted, (filter.flags & 4) != 0,
                  std::min<std::size_t>(filter.limit, max));
}

std::vector<AccountBalance> NaiveLedger::account_balances(AccountFilter filter,
                                                          std::size_t max) const {
    const auto account = state_.accounts.find(filter.account_id);
    if (account == state_.accounts.end() || !bit(account->second, a_history)) return {};
    std::vector<AccountBalance> balances;
    for (const Transfer& transfer : account_transfers(filter, max)) {
        for (const ChangeEvent& event : state_.events) {
            if (event.transfer_id != transfer.id || event.type == 4) continue;
            const bool debit = event.debit_account.id == filter.account_id;
            const auto& side = debit ? event.debit_account : event.credit_account;
            balances.push_back({side.debits_pending, side.debits_posted, side.credits_pending,
                                side.credits_posted, transfer.timestamp});
        }
    }
    return balances;
}

std::vector<Account> NaiveLedger::query_accounts(wire::QueryFilter filter, std::size_t max) const {
    if (!window_valid(filter) || filter.flags > 1) return {};
    const auto wanted = [&](const Account& account) {
        return in_window(filter, account.timestamp) && fields_agree(filter, account) &&
               (filter.ledger == 0 || filter.ledger == account.ledger);
    };
    return select(state_.accounts, wanted, filter.flags == 1,
                  std::min<std::size_t>(filter.limit, max));
}

std::vector<Transfer> NaiveLedger::query_transfers(wire::QueryFilter filter,
                                                   std::size_t max) const {
    if (!window_valid(filter) || filter.flags > 1) return {};
    const auto wanted = [&](const Transfer& transfer) {
        return in_window(filter, transfer.timestamp) && fields_agree(filter, transfer) &&
               (filter.ledger == 0 || filter.ledger == transfer.ledger);
    };
    return select(state_.transfers, wanted, filter.flags == 1,
                  std::min<std::size_t>(filter.limit, max));
}

std::vector<ChangeEvent> NaiveLedger::change_events(wire::ChangeEventsFilter filter,
                                                    std::size_t max) const {
    if (!window_valid(filter)) return {};
    std::vector<ChangeEvent> found;
    for (const ChangeEvent& event : state_.events) {
        if (in_window(filter, event.timestamp)) found.push_back(event);
    }
    // Of two events at the same time, which only an import can make, the expiry is the later one.
    std::ranges::sort(found, {}, [](const ChangeEvent& event) {
        return std::pair(event.timestamp, event.type == 4);
    });
    const std::size_t limit = std::min<std::size_t>(filter.limit, max);
    if (found.size() > limit) found.resize(limit);
    return found;
}

}  // namespace elytra::test
