#include "server/engine/generation.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"

namespace elytra::engine {
namespace {

using ledger::AccountRow;
using ledger::IdState;
using ledger::Parties;
using ledger::TransferRow;
using wire::Account;

constexpr Limits limits = limits_tiny();
constexpr std::uint32_t rows_max = limits.cut_rows + limits.message_size_max / 128;

// Balances of any width, narrow ones mostly.
Account random_account(Prng& prng) {
    const auto balance = [&] {
        return prng.chance(1, 8) ? prng.next_u128() : u128{prng.next() >> prng.below(64)};
    };
    return {.id = prng.next_u128(),
            .debits_pending = balance(),
            .debits_posted = balance(),
            .credits_pending = balance(),
            .credits_posted = balance(),
            .flags = static_cast<std::uint16_t>(prng.next())};
}

AccountSnapshot snapshot_of(const Account& account, AccountRow row) {
    return {.account = row,
            .flags = account.flags,
            .debits_pending = account.debits_pending,
            .debits_posted = account.debits_posted,
            .credits_pending = account.credits_pending,
            .credits_posted = account.credits_posted};
}

// What a generation was told, to compare with what it says.
class Model {
public:
    Model(Prng& prng, const Generation::Start& start) : prng_(prng), start_(start) {}

    void append(Generation& generation) {
        const Account debit = random_account(prng_);
        const Account credit = random_account(prng_);
        const Parties parties = random_parties();
        wire::Transfer transfer{.id = prng_.next_u128(), .amount = prng_.next()};
        transfer.timestamp = ++timestamp_;
        const TransferRow row = generation.append_transfer(transfer, parties, debit, credit);
        CHECK(row.value == start_.transfers + records_.size());
        records_.push_back({.transfer = transfer,
                            .debit = snapshot_of(debit, parties.debit),
                            .credit = snapshot_of(credit, parties.credit)});
    }

    void append_expiry(Generation& generation) {
        const Account debit = random_account(prng_);
        const Account credit = random_account(prng_);
        const Parties parties = random_parties();
        const TransferRow row{static_cast<std::uint32_t>(prng_.next())};
        generation.append_expiry(row, ++timestamp_, parties, debit, credit);
        expiries_.push_back({.timestamp = timestamp_,
                             .transfer = row,
                             .debit = snapshot_of(debit, parties.debit),
                             .credit = snapshot_of(credit, parties.credit)});
    }

    void append_failed(Generation& generation) {
        failed_.push_back(prng_.next_u128());
        generation.append_failed_id(failed_.back());
    }

    // A chain that fails: its failed id is remembered all the same.
    void append_and_undo(Generation& generation) {
        const std::size_t kept = records_.size();
        const TransferRow end{generation.end().transfers};
        for (std::uint64_t left = prng_.below(10); left > 0; --left) append(generation);
        if (prng_.chance(1, 2)) append_failed(generation);
        generation.truncate_transfers(end);
        for (; records_.size() > kept; records_.pop_back()) {
            undone_.push_back(records_.back().transfer.id);
        }
    }

    std::size_t transfer_count() const { return records_.size(); }

    bool agrees(const Generation& generation) const {
        return rows_agree(generation) && ids_agree(generation);
    }

private:
    Parties random_parties() {
        return {.debit = AccountRow{static_cast<std::uint32_t>(prng_.next())},
                .credit = AccountRow{static_cast<std::uint32_t>(prng_.next())}};
    }

    bool rows_agree(const Generation& generation) const;
    bool ids_agree(const Generation& generation) const;

    Prng& prng_;
    Generation::Start start_;
    std::uint64_t timestamp_ = 0;
    std::vector<TransferRecord> records_;
    std::vector<ExpiryRecord> expiries_;
    std::vector<u128> failed_;
    std::vector<u128> undone_;
};

bool equal(const TransferRecord& left, const TransferRecord& right) {
    return left.transfer == right.transfer && left.debit == right.debit &&
           left.credit == right.credit;
}

bool Model::rows_agree(const Generation& generation) const {
    const Generation::Start end = generation.end();
    bool agree = end.transfers == start_.transfers + records_.size() &&
                 end.expiries == start_.expiries + expiries_.size() &&
                 end.failed_ids == start_.failed_ids + failed_.size() &&
                 generation.row_count() == records_.size() + expiries_.size() + failed_.size() &&
                 generation.transfers().size() == records_.size();
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const TransferRow row{start_.transfers + static_cast<std::uint32_t>(i)};
        agree = agree && generation.has_transfer(row) &&
                equal(generation.record(row), records_[i]) &&
                generation.transfer(row) == records_[i].transfer &&
                generation.parties(row).debit == records_[i].debit.account &&
                generation.parties(row).credit == records_[i].credit.account;
    }
    for (std::uint32_t i = 0; i < expiries_.size(); ++i) {
        const ExpiryRecord found = generation.expiry(i);
        agree = agree && found.timestamp == expiries_[i].timestamp &&
                generation.expiry_timestamp(i) == found.timestamp &&
                found.transfer == expiries_[i].transfer && found.debit == expiries_[i].debit &&
                found.credit == expiries_[i].credit;
    }
    return agree && std::ranges::equal(generation.failed_ids(), failed_) &&
           !generation.has_transfer(TransferRow{start_.transfers - 1}) &&
           !generation.has_transfer(TransferRow{end.transfers});
}

bool Model::ids_agree(const Generation& generation) const {
    bool agree = true;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const TransferRow row{start_.transfers + static_cast<std::uint32_t>(i)};
        const u128 id = records_[i].transfer.id;
        const ledger::TransferSearch found = generation.find(id);
        generation.prefetch_index(id);
        generation.prefetch_row(id);
        agree = agree && found.state == IdState::created && found.row == row &&
                generation.guess(id).has_value();
    }
    for (const u128 id : failed_) {
        agree = agree && generation.find(id).state == IdState::failed;
    }
    for (const u128 id : undone_) {
        agree = agree && generation.find(id).state == IdState::unknown;
    }
    return agree;
}

TEST_CASE("a generation says what it was told, also after chains that failed") {
    Generation generation(limits);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const Generation::Start start{
            .transfers = static_cast<std::uint32_t>(prng.between(1, 1U << 30)),
            .expiries = static_cast<std::uint32_t>(prng.below(1U << 30)),
            .failed_ids = static_cast<std::uint32_t>(prng.below(1U << 30))};
        generation.start(start);
        Model model(prng, start);
        CHECK(model.agrees(generation));
        while (model.transfer_count() < rows_max - 10) {
            model.append(generation);
            if (prng.chance(1, 5)) model.append_failed(generation);
            if (prng.chance(1, 5)) model.append_expiry(generation);
            if (prng.chance(1, 10)) model.append_and_undo(generation);
        }
        CHECK(model.agrees(generation));
    }
}

TEST_CASE("rows do not move while a generation fills") {
    Generation generation(limits);
    generation.start({});
    generation.append_transfer({.id = 1}, {}, {}, {});
    const wire::Transfer* const first = &generation.transfer(TransferRow{0});
    for (std::uint32_t i = 1; i < rows_max; ++i) {
        generation.append_transfer({.id = i + 1}, {}, {}, {});
    }
    CHECK(&generation.transfer(TransferRow{0}) == first);
    CHECK(generation.find(rows_max).row == TransferRow{rows_max - 1});
}

TEST_CASE("a generation that was started again has forgotten everything") {
    Generation generation(limits);
    generation.start({});
    generation.append_transfer({.id = 1}, {}, {.debits_posted = u128_max}, {});
    generation.append_failed_id(2);
    generation.append_expiry(TransferRow{0}, 5, {}, {}, {});
    const Generation::Start end = generation.end();
    CHECK(end.transfers == 1);
    CHECK(end.expiries == 1);
    CHECK(end.failed_ids == 1);
    generation.start(end);
    CHECK(generation.row_count() == 0);
    CHECK(generation.begin().transfers == 1);
    CHECK(generation.find(1).state == IdState::unknown);
    CHECK(generation.find(2).state == IdState::unknown);
    CHECK_FALSE(generation.has_transfer(TransferRow{0}));
    CHECK_FALSE(generation.has_transfer(TransferRow{1}));
    CHECK_FALSE(generation.guess(1).has_value());
    const TransferRow row = generation.append_transfer({.id = 9}, {}, {}, {});
    CHECK(row == TransferRow{1});
    CHECK(generation.record(row).debit.debits_posted == 0);
}

}  // namespace
}  // namespace elytra::engine
