#include "tests/support/engine_model.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/forest/filter.hpp"
#include "server/ledger/transfer_checks.hpp"

namespace elytra::test {

using engine::AccountSnapshot;
using engine::IndexId;
using engine::LedgerStore;
using forest::Pair;
using ledger::AccountRow;
using ledger::PendingStatus;
using ledger::TransferRow;
using wire::Transfer;

namespace {

AccountSnapshot snapshot_of(const EngineModel& model, AccountRow row) {
    const wire::Account& account = model.accounts[row.value];
    return {.account = row,
            .flags = account.flags,
            .debits_pending = account.debits_pending,
            .debits_posted = account.debits_posted,
            .credits_pending = account.credits_pending,
            .credits_posted = account.credits_posted};
}

// One operation at work.
class Operation {
public:
    Operation(Prng& prng, const EngineTraffic& traffic, EngineModel& model, LedgerStore& store)
        : prng_(prng), traffic_(traffic), model_(model), store_(store) {}

    void run() {
        model_.timestamp += prng_.between(1, 400'000'000);
        expire();
        const std::uint64_t count = prng_.between(1, traffic_.events_max);
        for (std::uint64_t i = 0; i < count; ++i) {
            ++model_.timestamp;
            add_event();
        }
        ++model_.timestamp;
        store_.end_operation(model_.timestamp);
    }

private:
    void add_event() {
        const bool few = model_.accounts.size() < 2;
        const bool room = model_.accounts.size() < traffic_.accounts_max;
        if (few || (room && prng_.chance(1, 8))) return add_account();
        if (prng_.chance(1, 16)) return add_failed_id();
        if (prng_.chance(1, 5) && resolve()) return;
        add_transfer();
    }

    void add_account() {
        const wire::Account account{
            .id = prng_.next_u128() | 1,
            .user_data_64 = prng_.below(4),
            .ledger = 1,
            .code = static_cast<std::uint16_t>(prng_.between(1, 3)),
            .timestamp = model_.timestamp,
        };
        model_.accounts.push_back(account);
        store_.append_account(account);
    }

    void add_failed_id() {
        model_.failed_ids.push_back(prng_.next_u128() >> 1);
        store_.remember_failed(model_.failed_ids.back());
    }

    Transfer random_transfer() {
        return {
            .id = prng_.chance(1, 2) ? prng_.next_u128() >> 1 : model_.timestamp,
            .amount = prng_.chance(1, 50) ? u128{1} << 70 : u128{prng_.below(1000)},
            .user_data_128 = prng_.chance(1, 2) ? 0 : u128{prng_.below(20)} << 60,
            .user_data_64 = prng_.chance(1, 2) ? 0 : prng_.below(50),
            .user_data_32 = static_cast<std::uint32_t>(prng_.below(3)),
            .ledger = 1,
            .code = static_cast<std::uint16_t>(prng_.between(1, 4)),
            .timestamp = model_.timestamp,
        };
    }

    void add_transfer() {
        Transfer transfer = random_transfer();
        const auto debit = static_cast<std::uint32_t>(prng_.below(model_.accounts.size()));
        auto credit = static_cast<std::uint32_t>(prng_.below(model_.accounts.size() - 1));
        if (credit >= debit) ++credit;
        const ledger::Parties parties{.debit = AccountRow{debit}, .credit = AccountRow{credit}};
        const bool pending = prng_.chance(1, 3);
        if (pending) transfer.flags = wire::transfer_flags::pending;
        if (pending && traffic_.expiring && prng_.chance(3, 4)) {
            transfer.timeout = static_cast<std::uint32_t>(prng_.between(1, 60));
        }
        move(parties, pending ? transfer.amount : 0, pending ? 0 : transfer.amount);
        append(transfer, parties);
        if (pending) {
            model_.statuses.back() = PendingStatus::pending;
            store_.set_pending_status(last_row(), PendingStatus::pending);
        }
    }

    TransferRow last_row() const {
        return TransferRow{static_cast<std::uint32_t>(model_.transfers.size() - 1)};
    }

    // Negative amounts are sums modulo 2^128.
    void move(ledger::Parties parties, u128 pending, u128 posted) {
        wire::Account& debit = model_.accounts[parties.debit.value];
        wire::Account& credit = model_.accounts[parties.credit.value];
        debit.debits_pending += pending;
        debit.debits_posted += posted;
        credit.credits_pending += pending;
        credit.credits_posted += posted;
        store_.update_account(parties.debit, debit);
        store_.update_account(parties.credit, credit);
    }

    void append(Transfer transfer, ledger::Parties parties) {
        transfer.debit_account_id = model_.accounts[parties.debit.value].id;
        transfer.credit_account_id = model_.accounts[parties.credit.value].id;
        model_.transfers.push_back({.transfer = transfer,
                                    .debit = snapshot_of(model_, parties.debit),
                                    .credit = snapshot_of(model_, parties.credit)});
        model_.statuses.push_back(PendingStatus::none);
        store_.append_transfer(transfer, parties);
    }

    // Fetching is not what this is about.
    void know(std::uint32_t row) {
        if (row >= store_.memory_begin().transfers) return;
        store_.working_set().add(TransferRow{row}, model_.transfers[row]);
    }

    bool resolve() {
        if (model_.transfers.empty()) return false;
        const auto row = static_cast<std::uint32_t>(prng_.below(model_.transfers.size()));
        if (model_.statuses[row] != PendingStatus::pending) return false;
        know(row);
        const bool post = prng_.chance(1, 2);
        const engine::TransferRecord pending = model_.transfers[row];
        Transfer transfer = random_transfer();
        transfer.pending_id = pending.transfer.id;
        transfer.flags = post ? wire::transfer_flags::post_pending_transfer
                              : wire::transfer_flags::void_pending_transfer;
        transfer.amount = pending.transfer.amount;
        move(pending.parties(), -transfer.amount, post ? transfer.amount : 0);
        append(transfer, pending.parties());
        model_.statuses[row] = post ? PendingStatus::posted : PendingStatus::voided;
        store_.set_pending_status(TransferRow{row}, model_.statuses[row]);
        return true;
    }

    void expire() {
        while (!store_.expiries_due().empty() &&
               store_.expiries_due().front().expires_at <= model_.timestamp) {
            const TransferRow row = store_.pop_expiry();
            ELYTRA_ASSERT(model_.statuses[row.value] == PendingStatus::pending);
            const engine::TransferRecord& pending = model_.transfers[row.value];
            know(row.value);
            ++model_.timestamp;
            move(pending.parties(), -pending.transfer.amount, 0);
            model_.statuses[row.value] = PendingStatus::expired;
            store_.set_pending_status(row, PendingStatus::expired);
            store_.append_expiry(row, model_.timestamp);
            model_.expiries.push_back({.timestamp = model_.timestamp,
                                       .transfer = row,
                                       .debit = snapshot_of(model_, pending.parties().debit),
                                       .credit = snapshot_of(model_, pending.parties().credit)});
        }
    }

    Prng& prng_;
    const EngineTraffic& traffic_;
    EngineModel& model_;
    LedgerStore& store_;
};

// Nothing for a transfer that is not in the index.
std::optional<std::uint64_t> key_of(const engine::TransferRecord& record, IndexId index) {
    const auto unless_zero = [](u128 value, std::uint64_t key) {
        return value == 0 ? std::nullopt : std::optional(key);
    };
    const auto hashed = [](u128 value) { return forest::key_of(forest::hash_of(value)); };
    const Transfer& transfer = record.transfer;
    switch (index) {
        case IndexId::id:
            return hashed(transfer.id);
        case IndexId::debit:
            return record.debit.account.value;
        case IndexId::credit:
            return record.credit.account.value;
        case IndexId::user_data_128:
            return unless_zero(transfer.user_data_128, hashed(transfer.user_data_128));
        case IndexId::user_data_64:
            return unless_zero(transfer.user_data_64, hashed(transfer.user_data_64));
        case IndexId::user_data_32:
            return unless_zero(transfer.user_data_32, transfer.user_data_32);
        case IndexId::ledger:
            return transfer.ledger;
        case IndexId::code:
            return transfer.code;
        case IndexId::expiry:
            return unless_zero(transfer.timeout, ledger::expires_at(transfer));
        case IndexId::failed_id:
            break;
    }
    return std::nullopt;
}

}  // namespace

void run_operation(Prng& prng, const EngineTraffic& traffic, EngineModel& model,
                   LedgerStore& store) {
    Operation(prng, traffic, model, store).run();
}

std::vector<Pair> pairs_of(const EngineModel& model, IndexId index) {
    std::vector<Pair> pairs;
    if (index == IndexId::failed_id) {
        for (std::uint32_t row = 0; row < model.failed_ids.size(); ++row) {
            const std::uint64_t hash = forest::hash_of(model.failed_ids[row]);
            pairs.push_back({.key = forest::key_of(hash), .row = row});
        }
    }
    for (std::uint32_t row = 0; row < model.transfers.size(); ++row) {
        const auto key = key_of(model.transfers[row], index);
        if (key.has_value()) pairs.push_back({.key = *key, .row = row});
    }
    std::ranges::sort(pairs);
    return pairs;
}

bool equal(const engine::TransferRecord& left, const engine::TransferRecord& right) {
    return left.transfer == right.transfer && left.debit == right.debit &&
           left.credit == right.credit;
}

bool equal(const engine::ExpiryRecord& left, const engine::ExpiryRecord& right) {
    return left.timestamp == right.timestamp && left.transfer == right.transfer &&
           left.debit == right.debit && left.credit == right.credit;
}

}  // namespace elytra::test
