#include "tests/support/ledger_workload.hpp"

#include <iterator>

#include "server/common/text.hpp"
#include "server/common/time.hpp"

namespace elytra::test {

using wire::Account;
using wire::Operation;
using wire::Transfer;

namespace {

std::string to_text(const Account& event) {
    return "account id=" + to_decimal(event.id) + " flags=" + std::to_string(event.flags) +
           " ledger=" + std::to_string(event.ledger) + " code=" + std::to_string(event.code) +
           " timestamp=" + std::to_string(event.timestamp);
}

std::string to_text(const Transfer& event) {
    return "transfer id=" + to_decimal(event.id) + " " + to_decimal(event.debit_account_id) + "->" +
           to_decimal(event.credit_account_id) + " amount=" + to_decimal(event.amount) +
           " pending=" + to_decimal(event.pending_id) + " flags=" + std::to_string(event.flags) +
           " timeout=" + std::to_string(event.timeout) + " ledger=" + std::to_string(event.ledger) +
           " code=" + std::to_string(event.code) + " timestamp=" + std::to_string(event.timestamp);
}

template <class Object>
const Object* random_object(const std::map<u128, Object>& objects, Prng& prng) {
    if (objects.empty()) return nullptr;
    const auto index = static_cast<std::ptrdiff_t>(prng.below(objects.size()));
    return &std::next(objects.begin(), index)->second;
}

}  // namespace

std::string to_text(const Step& step) {
    const wire::OperationTraits& traits = wire::traits_of(step.operation);
    std::string text = step.restart ? "restart, " : "";
    text += "wait " + std::to_string(step.wait) + " ns, " + std::string(traits.name) + "\n";
    for (const Bytes& batch : step.batches) {
        text += "  batch of " + std::to_string(batch.size() / traits.event_size) + "\n";
        if (traits.kind != wire::OperationKind::create) continue;
        const bool accounts = step.operation == Operation::create_accounts ||
                              step.operation == Operation::create_accounts_sparse ||
                              step.operation == Operation::create_accounts_unbatched;
        if (accounts) {
            for (const Account& event : objects_of<Account>(batch)) {
                text += "    " + to_text(event) + "\n";
            }
        } else {
            for (const Transfer& event : objects_of<Transfer>(batch)) {
                text += "    " + to_text(event) + "\n";
            }
        }
    }
    return text;
}

u128 LedgerWorkload::amount() {
    if (chance(70)) return prng_.below(20);
    return pick<u128>({0, 1, u128_max, u128_max - 1, u128_max / 2, u128_max / 2 + 1,
                       make_u128(1, 0), make_u128(0, UINT64_MAX)});
}

Account LedgerWorkload::account(const NaiveLedger& ledger) {
    const Account* stored = random_object(ledger.accounts(), prng_);
    Account event{.id = account_id(),
                  .user_data_128 = low(3),
                  .user_data_64 = low(3),
                  .user_data_32 = low(3),
                  .ledger = chance(2) ? 0U : 1U + (chance(10) ? 1U : 0U),
                  .code = static_cast<std::uint16_t>(chance(2) ? 0 : 1 + low(2)),
                  .flags = static_cast<std::uint16_t>(pick({0, 0, 8, 8, 2, 4, 6, 32}))};
    if (stored != nullptr && chance(30)) {
        event = *stored;
        event.timestamp = 0;
        event.flags &= static_cast<std::uint16_t>(~wire::account_flags::imported);
    }
    if (chance(3)) event.flags |= static_cast<std::uint16_t>(1U << low(16));
    if (chance(1)) event.debits_pending = 1;
    if (chance(1)) event.debits_posted = 1;
    if (chance(1)) event.credits_pending = 1;
    if (chance(1)) event.credits_posted = 1;
    if (chance(1)) event.reserved = 1;
    return event;
}

Transfer LedgerWorkload::movement() {
    Transfer event{.id = transfer_id(),
                   .debit_account_id = account_id(),
                   .credit_account_id = account_id(),
                   .amount = amount(),
                   .user_data_128 = low(3),
                   .user_data_64 = low(3),
                   .user_data_32 = low(3),
                   .ledger = chance(95) ? 1U : low(3),
                   .code = static_cast<std::uint16_t>(chance(2) ? 0 : 1 + low(2))};
    if (chance(50)) {
        event.flags |= wire::transfer_flags::pending;
        if (chance(50)) event.timeout = pick<std::uint32_t>({1, 1, 2, 3, UINT32_MAX});
    }
    if (chance(20)) {
        event.flags |=
            pick({wire::transfer_flags::balancing_debit, wire::transfer_flags::balancing_credit});
    }
    if (chance(4)) {
        event.flags |=
            pick({wire::transfer_flags::closing_debit, wire::transfer_flags::closing_credit});
    }
    if (chance(2)) event.timeout = 1;
    if (chance(1)) event.pending_id = 1;
    return event;
}

Transfer LedgerWorkload::resolution(const NaiveLedger& ledger) {
    Transfer event{.id = transfer_id(), .pending_id = transfer_id()};
    event.flags = pick(
        {wire::transfer_flags::post_pending_transfer, wire::transfer_flags::void_pending_transfer});
    event.amount = pick<u128>({0, u128_max, amount()});
    const Transfer* pending = random_object(ledger.transfers(), prng_);
    if (pending != nullptr && chance(90)) {
        event.pending_id = pending->id;
        if (chance(30)) event.amount = pending->amount;
        if (chance(10)) event.debit_account_id = pending->debit_account_id;
        if (chance(10)) event.credit_account_id = pending->credit_account_id;
        if (chance(10)) event.ledger = pending->ledger;
        if (chance(10)) event.code = pending->code;
    }
    if (chance(3)) event.debit_account_id = account_id();
    if (chance(3)) event.credit_account_id = account_id();
    if (chance(3)) event.ledger = low(3);
    if (chance(3)) event.code = low(3);
    if (chance(10)) event.user_data_128 = low(3);
    if (chance(10)) event.user_data_64 = low(3);
    if (chance(10)) event.user_data_32 = low(3);
    if (chance(2)) event.flags |= static_cast<std::uint16_t>(1U << low(9));
    return event;
}

void LedgerWorkload::mutate(Transfer& event) {
    switch (prng_.below(11)) {
        case 0:
            event.amount = amount();
            break;
        case 1:
            event.debit_account_id = account_id();
            break;
        case 2:
            event.credit_account_id = account_id();
            break;
        case 3:
            event.user_data_128 = low(3);
            break;
        case 4:
            event.user_data_64 = low(3);
            break;
        case 5:
            event.user_data_32 = low(3);
            break;
        case 6:
            event.ledger = low(3);
            break;
        case 7:
            event.code = low(3);
            break;
        case 8:
            event.timeout = low(3);
            break;
        case 9:
            event.pending_id = transfer_id();
            break;
        default:
            event.flags ^= static_cast<std::uint16_t>(1U << low(16));
            break;
    }
}

Transfer LedgerWorkload::transfer(const NaiveLedger& ledger) {
    const Transfer* stored = random_object(ledger.transfers(), prng_);
    if (stored == nullptr || chance(85)) return chance(65) ? movement() : resolution(ledger);
    Transfer retry = *stored;
    retry.timestamp = 0;
    retry.flags &= static_cast<std::uint16_t>(~wire::transfer_flags::imported);
    if (chance(60)) mutate(retry);
    return retry;
}

std::uint64_t LedgerWorkload::some_timestamp(const NaiveLedger& ledger) {
    const Account* account = random_object(ledger.accounts(), prng_);
    const Transfer* transfer = random_object(ledger.transfers(), prng_);
    std::uint64_t timestamp = prng_.below(1000);
    if (account != nullptr && chance(50)) timestamp = account->timestamp;
    if (transfer != nullptr && chance(60)) timestamp = transfer->timestamp;
    return timestamp + prng_.below(3) - (timestamp > 0 ? 1 : 0);
}

// Most batches are of one kind; some mix imported and regular events.
template <class Event, class Make>
Bytes LedgerWorkload::create_batch(std::uint64_t now, std::uint16_t imported, const Make& make) {
    std::vector<Event> events;
    const std::uint64_t count = chance(3) ? 0 : 1 + prng_.below(12);
    const bool batch_imported = chance(15);
    std::uint64_t timestamp = now + prng_.below(10) - prng_.below(200);
    for (std::uint64_t index = 0; index < count; ++index) {
        Event event = make();
        if (batch_imported != chance(2)) {
            event.flags |= imported;
            timestamp += prng_.below(12);
            event.timestamp = chance(3) ? prng_.next() : timestamp;
        } else if (chance(1)) {
            event.timestamp = 1;
        }
        if (chance(12)) event.flags |= 1;
        events.push_back(event);
    }
    return to_bytes(events);
}

template <class Filter>
void LedgerWorkload::fill_window(const NaiveLedger& ledger, Filter& filter) {
    if (chance(40)) filter.timestamp_min = some_timestamp(ledger);
    if (chance(40)) filter.timestamp_max = some_timestamp(ledger);
    if (chance(2)) filter.timestamp_max = pick<std::uint64_t>({UINT64_MAX, INT64_MAX, 1ULL << 63});
    filter.limit = pick<std::uint32_t>({1, 3, 10, 100, 8189});
    if (chance(2)) filter.limit = 0;
    if (chance(2)) filter.reserved[low(filter.reserved.size())] = 1;
}

wire::AccountFilter LedgerWorkload::account_filter(const NaiveLedger& ledger) {
    wire::AccountFilter filter{.account_id = account_id()};
    fill_window(ledger, filter);
    filter.flags = low(8);
    if (chance(2)) filter.flags |= 1U << low(32);
    if (chance(15)) filter.user_data_128 = low(3);
    if (chance(15)) filter.user_data_64 = low(3);
    if (chance(15)) filter.user_data_32 = low(3);
    if (chance(15)) filter.code = low(3);
    return filter;
}

wire::QueryFilter LedgerWorkload::query_filter(const NaiveLedger& ledger) {
    wire::QueryFilter filter;
    fill_window(ledger, filter);
    filter.flags = low(2);
    if (chance(2)) filter.flags |= 1U << low(32);
    if (chance(30)) filter.user_data_128 = low(3);
    if (chance(30)) filter.user_data_64 = low(3);
    if (chance(30)) filter.user_data_32 = low(3);
    if (chance(30)) filter.ledger = low(3);
    if (chance(30)) filter.code = low(3);
    return filter;
}

wire::ChangeEventsFilter LedgerWorkload::change_events_filter(const NaiveLedger& ledger) {
    wire::ChangeEventsFilter filter;
    fill_window(ledger, filter);
    return filter;
}

// Often none, so that timestamps can be foreseen; sometimes up to where a reservation is about to
// end.
std::uint64_t LedgerWorkload::wait(const NaiveLedger& ledger, std::uint64_t now) {
    const std::uint64_t end = ledger.pulse_next();
    if (chance(10) && end > now + 10 && end - now < 5 * nanoseconds_per_second) {
        return end - now - prng_.below(10);
    }
    if (chance(40)) return 0;
    return chance(15) ? prng_.below(2 * nanoseconds_per_second) : prng_.below(1000);
}

Step LedgerWorkload::next(const NaiveLedger& ledger, std::uint64_t now) {
    using enum Operation;
    Step step;
    step.wait = wait(ledger, now);
    step.restart = chance(2);
    step.operation = pick({create_accounts,
                           create_transfers,
                           create_transfers,
                           create_transfers,
                           create_transfers,
                           create_transfers_sparse,
                           create_transfers_unbatched,
                           create_accounts_sparse,
                           create_accounts_unbatched,
                           lookup_accounts,
                           lookup_transfers,
                           lookup_accounts_unbatched,
                           lookup_transfers_unbatched,
                           get_account_transfers,
                           get_account_transfers_unbatched,
                           get_account_balances,
                           get_account_balances_unbatched,
                           query_accounts,
                           query_accounts_unbatched,
                           query_transfers,
                           query_transfers_unbatched,
                           get_change_events});
    const bool plain = wire::traits_of(step.operation).encoding == wire::Encoding::plain;
    const std::uint64_t batch_count = plain || chance(80) ? 1 : 1 + prng_.below(4);
    while (step.batches.size() < batch_count) {
        Bytes batch;
        switch (step.operation) {
            case create_accounts:
            case create_accounts_sparse:
            case create_accounts_unbatched:
                batch = create_batch<Account>(now, wire::account_flags::imported,
                                              [&] { return account(ledger); });
                break;
            case create_transfers:
            case create_transfers_sparse:
            case create_transfers_unbatched:
                batch = create_batch<Transfer>(now, wire::transfer_flags::imported,
                                               [&] { return transfer(ledger); });
                break;
            case lookup_accounts:
            case lookup_accounts_unbatched:
                batch = to_bytes(std::vector<u128>{account_id(), account_id(), account_id()});
                break;
            case lookup_transfers:
            case lookup_transfers_unbatched:
                batch = to_bytes(std::vector<u128>{transfer_id(), transfer_id()});
                break;
            case get_account_transfers:
            case get_account_transfers_unbatched:
            case get_account_balances:
            case get_account_balances_unbatched:
                batch = to_bytes(std::vector{account_filter(ledger)});
                break;
            case query_accounts:
            case query_accounts_unbatched:
            case query_transfers:
            case query_transfers_unbatched:
                batch = to_bytes(std::vector{query_filter(ledger)});
                break;
            case get_change_events:
                batch = to_bytes(std::vector{change_events_filter(ledger)});
                break;
            case register_session:
            case noop:
            case pulse:
                break;
        }
        step.batches.push_back(batch);
    }
    return step;
}

}  // namespace elytra::test
