#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/workload/draws.hpp"
#include "bench/workload/mix.hpp"
#include "bench/workload/workload.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/status.hpp"

namespace elytra::bench {

// What the ledger has to answer to an event, and what it then does to the balances.
struct ExpectedEvent {
    wire::CreateTransferStatus status = wire::CreateTransferStatus::created;
    std::uint32_t debit = 0;  // account indexes
    std::uint32_t credit = 0;
    // Added to the debits of the one and to the credits of the other account; 0 for an event that
    // is refused.
    std::uint64_t posted = 0;
    std::int64_t pending = 0;

    bool operator==(const ExpectedEvent&) const = default;
};

// The units of one generator thread: a function of options and unit number, so that a unit can be
// made again, and streams do not depend on each other. What the ledger has to answer to a unit does
// not depend on other units, as long as all accounts exist and a unit is within one request.
class MixedStream {
public:
    struct Options {
        WorkloadOptions workload;  // transfer_count does not count
        MixOptions mix;
        std::uint32_t stream = 0;  // of `streams` that share the ids
        std::uint32_t streams = 1;
    };

    static constexpr std::uint32_t unit_events_max = 4;
    static constexpr std::uint64_t units_max = std::uint64_t{1} << 40;  // of one stream

    // Requires: shares that add up to 1000, stream < streams, at most 2^20 streams, no pending and
    // no imported transfers in the workload: their answers depend on time.
    explicit MixedStream(const Options& options);

    // Of the accounts and their ids.
    const Workload& workload() const { return workload_; }

    // All below require: unit < units_max.
    UnitKind kind(std::uint64_t unit) const;

    // 1 to unit_events_max; 1 for a query.
    std::uint32_t event_count(std::uint64_t unit) const;

    // Writes the events of a unit and what to expect of them; returns their number. `expected` is
    // empty where nobody is going to check. Requires: no query, room for all events.
    std::uint32_t write(std::uint64_t unit, std::span<wire::Transfer> events,
                        std::span<ExpectedEvent> expected) const;

    // Requires: a query.
    wire::AccountFilter query(std::uint64_t unit, std::uint32_t limit) const;

private:
    using Expectations = std::array<ExpectedEvent, unit_events_max>;

    struct Unit {
        UnitKind kind;
        Draws words;
        std::uint64_t index;  // of its first transfer in the workload
    };

    std::uint64_t number(std::uint64_t unit) const { return unit * streams_ + stream_; }

    Draws draws(std::uint64_t unit) const { return {unit_key_, number(unit)}; }

    UnitKind kind_of(const Draws& draws) const;

    ExpectedEvent write_plain(std::uint64_t index, wire::Transfer& event) const;
    void write_composed(const Unit& unit, std::span<wire::Transfer> events,
                        Expectations& expected) const;
    void write_linked(const Unit& unit, std::span<wire::Transfer> chain,
                      Expectations& expected) const;
    void write_two_phase(const Unit& unit, std::span<wire::Transfer> events,
                         Expectations& expected) const;
    void write_failing(const Unit& unit, std::span<wire::Transfer> events,
                       Expectations& expected) const;

    Workload workload_;
    std::array<std::uint32_t, unit_kind_count> shares_end_{};  // thousandths, running sum
    std::uint64_t unit_key_;
    std::uint64_t stream_;
    std::uint64_t streams_;
    std::uint64_t ids_per_unit_;
};

}  // namespace elytra::bench
