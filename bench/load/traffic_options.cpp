#include "bench/load/traffic_options.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "bench/workload/key_distribution.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/common/time.hpp"
#include "server/wire/body.hpp"

namespace elytra::bench {
namespace {

using Outcome = Result<void, std::string>;

constexpr std::uint32_t clients_max = 64;  // sessions of a cluster
constexpr std::uint32_t batch_max =
    wire::events_max(wire::Operation::create_transfers, wire::body_size_max);
constexpr std::uint64_t hour = 3600 * nanoseconds_per_second;
constexpr std::uint64_t rate_max = 1'000'000'000;
// A stretch is long enough to expect some part of an event, so that a schedule always comes to its
// next one.
constexpr std::uint64_t stretch_min = nanoseconds_per_millisecond;
constexpr std::uint64_t interval_min = 10 * nanoseconds_per_millisecond;
constexpr std::size_t stretches_max = 1000;
constexpr std::uint32_t share_sum = 1000;

struct Bounded {
    std::string_view name;
    std::uint64_t value;
    std::uint64_t min;
    std::uint64_t max;
};

template <std::size_t count>
Outcome check_bounds(const Bounded (&rows)[count]) {
    for (const Bounded& row : rows) {
        if (row.value >= row.min && row.value <= row.max) continue;
        return Unexpected(
            fmt::format("{} ({}): must be {} to {}", row.name, row.value, row.min, row.max));
    }
    return {};
}

// The largest unit that the mix can draw has to fit into a batch.
std::uint32_t unit_events_max(const MixOptions& mix) {
    const bool plain_only = mix.share(UnitKind::plain) + mix.share(UnitKind::query) == share_sum;
    return plain_only ? 1 : MixedStream::unit_events_max;
}

Outcome check_sine(const RateStretch& stretch) {
    if (stretch.amplitude == 0) return {};
    if (stretch.rate_begin != stretch.rate_end) {
        return Unexpected(std::string("amplitude: a rate that swings has a mean that stays"));
    }
    const Bounded rows[] = {
        {"amplitude", stretch.amplitude, 0, stretch.rate_begin},
        {"period nanoseconds", stretch.period_nanoseconds, stretch_min, 1000 * hour},
    };
    return check_bounds(rows);
}

Outcome check_schedule(const ArrivalOptions& arrival) {
    if (arrival.stretches.empty() || arrival.stretches.size() > stretches_max) {
        return Unexpected(fmt::format("stretches ({}): an open schedule has 1 to {}",
                                      arrival.stretches.size(), stretches_max));
    }
    std::uint64_t highest = 0;
    for (const RateStretch& stretch : arrival.stretches) {
        const Bounded rows[] = {
            {"rate_begin", stretch.rate_begin, 0, rate_max},
            {"rate_end", stretch.rate_end, 0, rate_max},
            {"stretch nanoseconds", stretch.nanoseconds, stretch_min, 1000 * hour},
        };
        if (Outcome bounds = check_bounds(rows); !bounds.has_value()) return bounds;
        if (Outcome sine = check_sine(stretch); !sine.has_value()) return sine;
        highest = std::max({highest, stretch.rate_begin, stretch.rate_end});
    }
    if (highest == 0) return Unexpected(std::string("stretches: all rates are 0"));
    return {};
}

}  // namespace

Outcome validate(const TrafficOptions& options) {
    const WorkloadOptions& workload = options.workload;
    const Bounded rows[] = {
        {"account_count", workload.account_count, 2, keys_max},
        {"account_count_hot", workload.account_count_hot, 0, workload.account_count},
        {"transfer_hot_percent", workload.transfer_hot_percent, 0, 100},
        {"clients", options.clients, 1, clients_max},
        {"threads", options.threads, 1, options.clients},
        {"batch_max", options.batch_max, unit_events_max(options.mix), batch_max},
        {"linger_nanoseconds", options.linger_nanoseconds, 0, hour},
        {"late_nanoseconds", options.late_nanoseconds, 0, hour},
        {"think_nanoseconds", options.arrival.think_nanoseconds, 0, hour},
        {"interval_nanoseconds", options.interval_nanoseconds, interval_min, hour},
        {"backlog_max", options.backlog_max, std::uint64_t{options.batch_max} * options.threads,
         std::uint64_t{1} << 32},
        {"register_timeout_nanoseconds", options.register_timeout_nanoseconds, 1, hour},
        {"drain_timeout_nanoseconds", options.drain_timeout_nanoseconds, 1, hour},
    };
    if (Outcome bounds = check_bounds(rows); !bounds.has_value()) return bounds;
    const std::uint64_t shares =
        std::accumulate(options.mix.shares.begin(), options.mix.shares.end(), std::uint64_t{0});
    if (shares != share_sum) {
        return Unexpected(
            fmt::format("mix: the shares add up to {}, not to {}", shares, share_sum));
    }
    if (workload.transfer_pending) {
        return Unexpected(std::string("transfer_pending: the mix has two-phase transfers instead"));
    }
    if (workload.imported) {
        return Unexpected(
            std::string("imported: timestamps must ascend, which several requests do not"));
    }
    return options.arrival.model == ArrivalModel::open ? check_schedule(options.arrival)
                                                       : Outcome{};
}

}  // namespace elytra::bench
