#include "bench/workload/workload.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/prng.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint32_t ledger = 2;
constexpr std::uint16_t code = 1;
constexpr std::uint64_t amount_mean = 10'000;
constexpr std::uint64_t pending_percent = 30;
constexpr std::uint64_t timeout_seconds_max = 5;

// What each random word of a transfer decides.
enum Word : std::uint64_t {
    debit,
    credit = debit + KeyDistribution::words,
    hot = credit + KeyDistribution::words,
    amount,
    pending,
    timeout,
    user_data_128_high,
    user_data_128_low,
    user_data_64,
    user_data_32,
    word_count,
};

static_assert(word_count <= Draws::words);

enum Stream : std::uint64_t {
    accounts,
    transfers,
    queries,
    distribution,
    account_ids,
    transfer_ids
};

std::uint64_t key_of(std::uint64_t seed, Stream stream) { return mix64(mix64(seed) + stream); }

bool chance(std::uint64_t word, std::uint64_t percent) { return scale(word, 100) < percent; }

std::uint64_t cold_count(const WorkloadOptions& options) {
    ELYTRA_ASSERT(options.account_count_hot <= options.account_count);
    return options.account_count - options.account_count_hot;
}

IdOptions ids_of(const WorkloadOptions& options, Stream stream, std::uint64_t count) {
    return {.order = options.id_order,
            .count = count,
            .seed = key_of(options.seed, stream),
            .base = options.id_base};
}

}  // namespace

Workload::Workload(const WorkloadOptions& options)
    : options_(options),
      account_ids_(ids_of(options, Stream::account_ids, options.account_count)),
      transfer_ids_(ids_of(options, Stream::transfer_ids, options.transfer_count)),
      all_accounts_(options.account_distribution, options.account_count,
                    key_of(options.seed, Stream::distribution)),
      cold_accounts_(options.account_distribution, std::max<std::uint64_t>(cold_count(options), 1),
                     key_of(options.seed, Stream::distribution)),
      amounts_(amount_mean),
      account_key_(key_of(options.seed, Stream::accounts)),
      transfer_key_(key_of(options.seed, Stream::transfers)),
      query_key_(key_of(options.seed, Stream::queries)) {
    ELYTRA_ASSERT(options.account_count >= 2);
}

wire::Account Workload::account(std::uint64_t index) const {
    const Draws draws(account_key_, index);
    wire::Account account;
    account.id = account_ids_.at(index);
    account.user_data_128 =
        make_u128(draws[Word::user_data_128_high], draws[Word::user_data_128_low]);
    account.user_data_64 = draws[Word::user_data_64];
    account.user_data_32 = static_cast<std::uint32_t>(draws[Word::user_data_32]);
    account.ledger = ledger;
    account.code = code;
    if (options_.history) account.flags |= wire::account_flags::history;
    if (options_.imported) {
        account.flags |= wire::account_flags::imported;
        account.timestamp = index + 1;
    }
    return account;
}

wire::Transfer Workload::transfer(std::uint64_t index, const Parties& parties) const {
    const Draws draws(transfer_key_, index);
    wire::Transfer transfer;
    transfer.id = transfer_ids_.at(index);
    transfer.debit_account_id = account_ids_.at(parties.debit);
    transfer.credit_account_id = account_ids_.at(parties.credit);
    transfer.amount = amounts_.pick(draws[Word::amount]) + 1;
    transfer.user_data_128 =
        make_u128(draws[Word::user_data_128_high], draws[Word::user_data_128_low]);
    transfer.user_data_64 = draws[Word::user_data_64];
    transfer.user_data_32 = static_cast<std::uint32_t>(draws[Word::user_data_32]);
    transfer.ledger = ledger;
    transfer.code = code;
    if (options_.transfer_pending && chance(draws[Word::pending], pending_percent)) {
        transfer.flags |= wire::transfer_flags::pending;
        // The past cannot expire: imported transfers have no timeout.
        transfer.timeout =
            options_.imported
                ? 0
                : static_cast<std::uint32_t>(scale(draws[Word::timeout], timeout_seconds_max) + 1);
    }
    if (options_.imported) {
        transfer.flags |= wire::transfer_flags::imported;
        transfer.timestamp = options_.account_count + index + 1;
    }
    return transfer;
}

Workload::Parties Workload::parties(std::uint64_t index) const {
    const Draws draws(transfer_key_, index);
    const std::uint64_t hot_count = options_.account_count_hot;
    const bool from_hot = hot_count > 0 && hot_count < options_.account_count &&
                          chance(draws[Word::hot], options_.transfer_hot_percent);
    if (from_hot) {
        const std::uint64_t cold = cold_accounts_.pick(draws, Word::credit);
        return {.debit = scale(draws[Word::debit], hot_count), .credit = hot_count + cold};
    }
    const std::uint64_t debit = all_accounts_.pick(draws, Word::debit);
    const std::uint64_t credit = all_accounts_.pick(draws, Word::credit);
    if (debit != credit) return {debit, credit};
    return {debit, (credit + 1) % options_.account_count};
}

wire::AccountFilter Workload::query(std::uint64_t index, std::uint32_t limit) const {
    const std::uint64_t candidates =
        options_.account_count_hot > 0 ? options_.account_count_hot : options_.account_count;
    wire::AccountFilter filter;
    filter.account_id = account_ids_.at(scale(Draws(query_key_, index)[0], candidates));
    filter.limit = limit;
    filter.flags = wire::account_filter_flags::debits | wire::account_filter_flags::credits;
    return filter;
}

}  // namespace elytra::bench
