#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/workload/mix.hpp"
#include "bench/workload/workload.hpp"
#include "server/common/result.hpp"
#include "server/common/strong.hpp"
#include "server/wire/release.hpp"

namespace elytra::bench {

enum class ArrivalModel : std::uint8_t {
    closed,  // every client sends its next batch when the one before is answered
    open,    // events arrive by a schedule that does not wait for answers
};

enum class ArrivalProcess : std::uint8_t { constant, poisson };

// In the order of the enumerators.
inline constexpr std::array<std::string_view, 2> arrival_model_names{"closed", "open"};
inline constexpr std::array<std::string_view, 2> arrival_process_names{"constant", "poisson"};

// A stretch of an open schedule. The rate goes from `rate_begin` to `rate_end` linearly, or swings
// around both of them, which are the same then, as a sine.
struct RateStretch {
    std::uint64_t rate_begin = 0;  // events a second
    std::uint64_t rate_end = 0;
    std::uint64_t nanoseconds = 0;
    std::uint64_t amplitude = 0;  // events a second, at most the rate; 0: no sine
    std::uint64_t period_nanoseconds = 0;

    bool is_flat() const { return rate_begin == rate_end && amplitude == 0; }

    bool operator==(const RateStretch&) const = default;
};

struct ArrivalOptions {
    ArrivalModel model = ArrivalModel::closed;
    std::uint64_t think_nanoseconds = 0;  // closed: pause of a client after each answer
    ArrivalProcess process = ArrivalProcess::poisson;
    // Open: what follows one another; the whole sequence is repeated when it is over, so that one
    // flat stretch is a constant rate, and two with a jump between them are bursts.
    std::vector<RateStretch> stretches;

    bool operator==(const ArrivalOptions&) const = default;
};

// What flows to a cluster for as long as it is measured. The schedule and every event are a
// function of these options alone (spec/orchestrator 4.1).
struct TrafficOptions {
    WorkloadOptions workload;  // accounts, distribution, ids, seed; transfer_count does not count
    MixOptions mix;
    ArrivalOptions arrival;
    std::uint32_t clients = 1;       // sessions, over all threads
    std::uint32_t threads = 1;       // generator threads, at most one for each client
    std::uint32_t batch_max = 8189;  // events in a request
    // Open: how long an event waits for a fuller batch. After that it waits for a free session, and
    // the batch goes on filling.
    std::uint64_t linger_nanoseconds = 0;
    // Open: events that wait to be sent, over all threads; an arrival beyond is dropped and
    // counted.
    std::uint64_t backlog_max = 1'000'000;
    // Open: an event sent later than this after its intended time counts as late.
    std::uint64_t late_nanoseconds = 10'000'000;
    std::uint64_t interval_nanoseconds = 250'000'000;  // of the time series
    bool audit = true;  // check every answer, and all balances at the end
    ClusterId cluster{};
    wire::Release release = wire::release_server;
    std::uint64_t register_timeout_nanoseconds = 30'000'000'000;
    // After the last arrival: for the backlog to be sent, and as long again for the last answers.
    std::uint64_t drain_timeout_nanoseconds = 30'000'000'000;
};

// Everything that can be known to be wrong before anything is created: "clients (0): must be 1 to
// 64".
Result<void, std::string> validate(const TrafficOptions& options);

}  // namespace elytra::bench
