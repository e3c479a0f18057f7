#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/prng.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

namespace elytra::sim {

// What the clients of a run ask for. Small numbers everywhere, so that requests meet: few accounts,
// ids that repeat, fields that are sometimes wrong.
class Workload {
public:
    struct Options {
        std::uint32_t accounts = 8;
        std::uint32_t events_max = 16;       // of one request
        std::uint32_t invalid_percent = 10;  // of events
        std::uint32_t linked_percent = 10;
        std::uint32_t two_phase_percent = 30;  // of transfers: pending, post or void
        std::uint32_t reads_percent = 30;      // of requests
        std::uint32_t timeout_max = 3;         // seconds
    };

    struct Request {
        wire::Operation operation{};
        std::vector<std::byte> events;  // of one batch
    };

    Workload(const Options& options, std::uint64_t seed) : options_(options), prng_(seed) {}

    // Queries ask about times up to this one.
    void set_time(std::uint64_t nanoseconds);

    // `body_max`: what the session allows.
    Request next(std::uint32_t body_max);

private:
    Request create_accounts(std::uint32_t count);
    Request create_transfers(std::uint32_t count);
    Request read(std::uint32_t body_max);
    wire::AccountFilter account_filter();
    wire::QueryFilter query_filter();
    wire::Account account();
    wire::Transfer transfer();
    u128 account_id();
    u128 transfer_id();
    u128 transfer_id_known();
    std::uint64_t time_bound();
    std::uint32_t limit();

    bool percent(std::uint32_t chance) { return prng_.chance(chance, 100); }

    Options options_;
    Prng prng_;
    std::uint64_t transfers_ = 0;  // ids handed out
    bool accounts_made_ = false;
    std::uint64_t time_first_ = 0;  // nanoseconds
    std::uint64_t time_last_ = 0;
};

}  // namespace elytra::sim
