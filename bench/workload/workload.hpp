#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/workload/draws.hpp"
#include "bench/workload/exponential.hpp"
#include "bench/workload/id_sequence.hpp"
#include "bench/workload/key_distribution.hpp"
#include "server/common/time.hpp"
#include "server/wire/objects.hpp"

namespace elytra::bench {

struct WorkloadOptions {
    std::uint64_t account_count = 10'000;  // at least 2
    std::uint32_t account_count_hot = 0;   // the first accounts; at most account_count
    DistributionKind account_distribution = DistributionKind::uniform;
    std::uint64_t transfer_count = 10'000'000;
    std::uint32_t transfer_hot_percent = 100;  // with hot accounts: how many transfers debit one
    bool transfer_pending = false;             // 30 % pending, with timeouts of 1 to 5 s
    bool history = true;                       // accounts keep their past balances
    bool imported = false;                     // events carry their own timestamps, from 1 on
    IdOrder id_order = IdOrder::tbid;
    std::uint64_t seed = 42;
    WallTime id_base{};  // the time in the ids of IdOrder::tbid
};

// What a benchmark asks of a ledger: accounts, transfers between them, and queries. Every object is
// a function of the options and its index; the same options give the same bytes on every machine.
class Workload {
public:
    explicit Workload(const WorkloadOptions& options);

    const WorkloadOptions& options() const { return options_; }

    // Requires: index < account_count.
    wire::Account account(std::uint64_t index) const;

    // The indexes of the accounts that a transfer debits and credits.
    struct Parties {
        std::uint64_t debit;
        std::uint64_t credit;
    };

    // Requires: index < transfer_count, and the parties of this index.
    wire::Transfer transfer(std::uint64_t index) const { return transfer(index, parties(index)); }

    wire::Transfer transfer(std::uint64_t index, const Parties& parties) const;

    Parties parties(std::uint64_t index) const;

    u128 account_id(std::uint64_t index) const { return account_ids_.at(index); }

    u128 transfer_id(std::uint64_t index) const { return transfer_ids_.at(index); }

    // All transfers, up to `limit`, of an account that the index-th query is about: a hot one if
    // there are any.
    wire::AccountFilter query(std::uint64_t index, std::uint32_t limit) const;

private:
    WorkloadOptions options_;
    IdSequence account_ids_;
    IdSequence transfer_ids_;
    KeyDistribution all_accounts_;
    KeyDistribution cold_accounts_;
    Exponential amounts_;
    std::uint64_t account_key_;
    std::uint64_t transfer_key_;
    std::uint64_t query_key_;
};

}  // namespace elytra::bench
