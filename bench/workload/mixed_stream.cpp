#include "bench/workload/mixed_stream.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/prng.hpp"

namespace elytra::bench {
namespace {

using wire::CreateTransferStatus;

constexpr std::uint32_t share_sum = 1000;
constexpr std::uint32_t streams_max = 1U << 20;
constexpr std::uint64_t unit_words = 64;    // a stream of random words besides those of Workload
constexpr std::uint64_t chain_lengths = 3;  // of 2 to 4
constexpr std::uint64_t chains_per_failure = 10;
constexpr std::uint64_t failures_per_repeat = 4;

static_assert(MixedStream::units_max * streams_max * MixedStream::unit_events_max <=
              std::uint64_t{1} << 62);

// What each random word of a unit decides.
enum Word : std::uint64_t {
    kind_share,
    chain_length,
    chain_fails,
    chain_culprit,
    repeats,
    flaw,
    unknown,
    resolution,
    resolution_share,
    word_count,
};

static_assert(word_count <= Draws::words);

// What makes a transfer impossible, whatever else the ledger holds.
enum class Defect : std::uint8_t {
    id_zero,
    timestamp_given,
    same_accounts,
    movement_with_pending_id,
    timeout_not_pending,
    ledger_zero,
    code_zero,
    debit_account_unknown,
    credit_account_unknown,
    other_ledger,
    post_and_void,
    pending_id_unknown,
};

constexpr std::uint64_t defect_count = 12;

// What a second event with the id of the first one can be.
enum class Repeat : std::uint8_t { equal, other_amount, other_user_data };

constexpr std::uint64_t repeat_count = 3;

enum class Resolution : std::uint8_t { post_all, post_part, void_all };

constexpr std::uint64_t resolution_count = 3;

// No account and no transfer of a workload has an id of the upper half: random ids leave the top
// bit out, and those made of a time stay below it for thousands of years.
constexpr u128 unknown_id(std::uint64_t word) { return make_u128(std::uint64_t{1} << 63, word); }

// Requires: a transfer that would be created.
CreateTransferStatus spoil(wire::Transfer& event, const Draws& draws) {
    const u128 unknown = unknown_id(draws[Word::unknown]);
    switch (static_cast<Defect>(scale(draws[Word::flaw], defect_count))) {
        case Defect::id_zero:
            event.id = 0;
            return CreateTransferStatus::id_must_not_be_zero;
        case Defect::timestamp_given:
            event.timestamp = 1;
            return CreateTransferStatus::timestamp_must_be_zero;
        case Defect::same_accounts:
            event.credit_account_id = event.debit_account_id;
            return CreateTransferStatus::accounts_must_be_different;
        case Defect::movement_with_pending_id:
            event.pending_id = unknown;
            return CreateTransferStatus::pending_id_must_be_zero;
        case Defect::timeout_not_pending:
            event.timeout = 1;
            return CreateTransferStatus::timeout_reserved_for_pending_transfer;
        case Defect::ledger_zero:
            event.ledger = 0;
            return CreateTransferStatus::ledger_must_not_be_zero;
        case Defect::code_zero:
            event.code = 0;
            return CreateTransferStatus::code_must_not_be_zero;
        case Defect::debit_account_unknown:
            event.debit_account_id = unknown;
            return CreateTransferStatus::debit_account_not_found;
        case Defect::credit_account_unknown:
            event.credit_account_id = unknown;
            return CreateTransferStatus::credit_account_not_found;
        case Defect::other_ledger:
            ++event.ledger;
            return CreateTransferStatus::transfer_must_have_the_same_ledger_as_accounts;
        case Defect::post_and_void:
            event.flags |= wire::transfer_flags::post_pending_transfer |
                           wire::transfer_flags::void_pending_transfer;
            return CreateTransferStatus::flags_are_mutually_exclusive;
        case Defect::pending_id_unknown:
            event.flags |= wire::transfer_flags::post_pending_transfer;
            event.pending_id = unknown;
            return CreateTransferStatus::pending_transfer_not_found;
    }
    ELYTRA_ASSERT(false);
    return CreateTransferStatus::created;
}

// Requires: `event` is a copy of a transfer that was created.
CreateTransferStatus vary(wire::Transfer& event, const Draws& draws) {
    switch (static_cast<Repeat>(scale(draws[Word::flaw], repeat_count))) {
        case Repeat::equal:
            return CreateTransferStatus::exists;
        case Repeat::other_amount:
            ++event.amount;
            return CreateTransferStatus::exists_with_different_amount;
        case Repeat::other_user_data:
            ++event.user_data_64;
            return CreateTransferStatus::exists_with_different_user_data_64;
    }
    ELYTRA_ASSERT(false);
    return CreateTransferStatus::created;
}

std::uint32_t count_of(UnitKind kind, const Draws& draws) {
    switch (kind) {
        case UnitKind::plain:
        case UnitKind::query:
            return 1;
        case UnitKind::linked:
            return static_cast<std::uint32_t>(2 + scale(draws[Word::chain_length], chain_lengths));
        case UnitKind::two_phase:
            return 2;
        case UnitKind::failing:
            return scale(draws[Word::repeats], failures_per_repeat) == 0 ? 2 : 1;
    }
    ELYTRA_ASSERT(false);
    return 0;
}

// Ids of one stream leave no gaps as long as every unit has as many events as any other.
std::uint64_t most_events(const MixOptions& mix) {
    if (mix.share(UnitKind::linked) > 0) return MixedStream::unit_events_max;
    return mix.share(UnitKind::two_phase) > 0 || mix.share(UnitKind::failing) > 0 ? 2 : 1;
}

WorkloadOptions endless(const WorkloadOptions& options, std::uint64_t ids) {
    ELYTRA_ASSERT(!options.transfer_pending && !options.imported);
    WorkloadOptions changed = options;
    changed.transfer_count = ids;
    return changed;
}

}  // namespace

MixedStream::MixedStream(const Options& options)
    : workload_(endless(options.workload, units_max * options.streams * most_events(options.mix))),
      unit_key_(mix64(mix64(options.workload.seed) + unit_words)),
      stream_(options.stream),
      streams_(options.streams),
      ids_per_unit_(most_events(options.mix)) {
    ELYTRA_ASSERT(options.stream < options.streams && options.streams <= streams_max);
    std::uint32_t sum = 0;
    for (std::size_t index = 0; index < unit_kind_count; ++index) {
        sum += options.mix.shares[index];
        shares_end_[index] = sum;
    }
    ELYTRA_ASSERT(sum == share_sum);
}

UnitKind MixedStream::kind_of(const Draws& draws) const {
    const std::uint64_t share = scale(draws[Word::kind_share], share_sum);
    std::size_t index = 0;
    while (share >= shares_end_[index]) ++index;
    return static_cast<UnitKind>(index);
}

UnitKind MixedStream::kind(std::uint64_t unit) const { return kind_of(draws(unit)); }

std::uint32_t MixedStream::event_count(std::uint64_t unit) const {
    const Draws words = draws(unit);
    return count_of(kind_of(words), words);
}

std::uint32_t MixedStream::write(std::uint64_t unit, std::span<wire::Transfer> events,
                                 std::span<ExpectedEvent> expected) const {
    const Draws words = draws(unit);
    const std::uint64_t index = number(unit) * ids_per_unit_;
    const UnitKind kind = kind_of(words);
    if (kind == UnitKind::plain) {
        const ExpectedEvent plain = write_plain(index, events.front());
        if (!expected.empty()) expected.front() = plain;
        return 1;
    }
    const std::uint32_t count = count_of(kind, words);
    Expectations answers;
    write_composed({.kind = kind, .words = words, .index = index}, events.first(count), answers);
    if (!expected.empty()) std::ranges::copy_n(answers.begin(), count, expected.begin());
    return count;
}

wire::AccountFilter MixedStream::query(std::uint64_t unit, std::uint32_t limit) const {
    ELYTRA_ASSERT(kind(unit) == UnitKind::query);
    return workload_.query(number(unit), limit);
}

ExpectedEvent MixedStream::write_plain(std::uint64_t index, wire::Transfer& event) const {
    const Workload::Parties parties = workload_.parties(index);
    event = workload_.transfer(index, parties);
    return {.debit = static_cast<std::uint32_t>(parties.debit),
            .credit = static_cast<std::uint32_t>(parties.credit),
            .posted = low_half(event.amount)};
}

void MixedStream::write_composed(const Unit& unit, std::span<wire::Transfer> events,
                                 Expectations& expected) const {
    switch (unit.kind) {
        case UnitKind::linked:
            return write_linked(unit, events, expected);
        case UnitKind::two_phase:
            return write_two_phase(unit, events, expected);
        case UnitKind::failing:
            return write_failing(unit, events, expected);
        case UnitKind::plain:
        case UnitKind::query:
            break;
    }
    ELYTRA_ASSERT(false);
}

void MixedStream::write_linked(const Unit& unit, std::span<wire::Transfer> chain,
                               Expectations& expected) const {
    for (std::size_t member = 0; member < chain.size(); ++member) {
        expected[member] = write_plain(unit.index + member, chain[member]);
        if (member + 1 < chain.size()) chain[member].flags |= wire::transfer_flags::linked;
    }
    if (scale(unit.words[Word::chain_fails], chains_per_failure) != 0) return;
    expected.fill({.status = CreateTransferStatus::linked_event_failed});
    const std::uint64_t culprit = scale(unit.words[Word::chain_culprit], chain.size());
    expected[culprit].status = spoil(chain[culprit], unit.words);
}

void MixedStream::write_two_phase(const Unit& unit, std::span<wire::Transfer> events,
                                  Expectations& expected) const {
    wire::Transfer& pending = events[0];
    expected[0] = write_plain(unit.index, pending);
    const std::uint64_t reserved = expected[0].posted;
    pending.flags |= wire::transfer_flags::pending;
    expected[0].pending = static_cast<std::int64_t>(reserved);
    expected[0].posted = 0;

    // Accounts, ledger, code and user data are left to the pending transfer.
    events[1] = {.id = workload_.transfer_id(unit.index + 1), .pending_id = pending.id};
    expected[1] = expected[0];
    expected[1].pending = -expected[0].pending;
    switch (static_cast<Resolution>(scale(unit.words[Word::resolution], resolution_count))) {
        case Resolution::post_all:
            events[1].flags = wire::transfer_flags::post_pending_transfer;
            events[1].amount = u128_max;
            expected[1].posted = reserved;
            return;
        case Resolution::post_part:
            events[1].flags = wire::transfer_flags::post_pending_transfer;
            events[1].amount = scale(unit.words[Word::resolution_share], reserved);
            expected[1].posted = low_half(events[1].amount);
            return;
        case Resolution::void_all:
            events[1].flags = wire::transfer_flags::void_pending_transfer;
            return;
    }
    ELYTRA_ASSERT(false);
}

void MixedStream::write_failing(const Unit& unit, std::span<wire::Transfer> events,
                                Expectations& expected) const {
    expected[0] = write_plain(unit.index, events[0]);
    if (events.size() == 1) {
        expected[0] = {.status = spoil(events[0], unit.words)};
        return;
    }
    events[1] = events[0];
    expected[1] = {.status = vary(events[1], unit.words)};
}

}  // namespace elytra::bench
