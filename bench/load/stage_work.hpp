#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/audit/findings.hpp"
#include "bench/load/load_options.hpp"
#include "bench/load/load_result.hpp"
#include "bench/workload/workload.hpp"
#include "server/common/int.hpp"
#include "server/wire/operation.hpp"

namespace elytra::bench {

// What the answers of all stages have shown so far.
struct Checks {
    Findings findings;
    // Over all accounts read back:
    u128 debits_posted = 0;
    u128 debits_pending = 0;
    u128 credits_posted = 0;
    u128 credits_pending = 0;
    // Over all transfers read back:
    u128 amounts_posted = 0;
    u128 amounts_pending = 0;
};

// What only all accounts and transfers together can show: every debit is a credit, and nothing was
// lost.
void check_sums(Checks& checks);

// The requests of one stage and the check of their answers; without socket and clock. Requests are
// numbered from 0 and independent of each other, so that clients may share them out in any order.
class StageWork {
public:
    // All that is passed by reference outlives the work. Requires: not Stage::register_sessions.
    StageWork(Stage stage, const LoadOptions& options, const Workload& workload, Checks& checks);

    Stage stage() const { return stage_; }

    wire::Operation operation() const { return operation_; }

    std::uint64_t event_count() const { return event_count_; }

    // Events of a full request; the last one may have fewer.
    std::uint32_t batch_count() const { return batch_count_; }

    std::uint64_t request_count() const { return (event_count_ + batch_count_ - 1) / batch_count_; }

    std::uint32_t events_of(std::uint64_t request) const;

    // Writes the events of a request; returns their size. Requires: room for them.
    std::size_t write(std::uint64_t request, std::span<std::byte> destination) const;

    // How many events of the request are answered as they have to be; the others become findings.
    std::uint64_t check(std::uint64_t request, std::span<const std::byte> results);

private:
    std::uint64_t check_created(std::uint64_t first, std::span<const std::byte> results);
    std::uint64_t check_query(std::uint64_t request, std::span<const std::byte> results);
    std::uint64_t check_accounts(std::uint64_t first, std::span<const std::byte> results);
    std::uint64_t check_transfers(std::uint64_t first, std::span<const std::byte> results);

    Stage stage_;
    const Workload& workload_;
    Checks& checks_;
    wire::Operation operation_;
    std::uint64_t event_count_ = 0;
    std::uint32_t batch_count_ = 0;
};

}  // namespace elytra::bench
