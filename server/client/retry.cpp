#include "server/client/retry.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/common/fixed_vector.hpp"
#include "server/common/time.hpp"

namespace elytra::client {
namespace {

constexpr std::uint64_t round_trip_unknown = 30 * tick_nanoseconds;
constexpr std::uint64_t round_trip_min = tick_nanoseconds;
constexpr std::uint64_t round_trip_max = 6000 * tick_nanoseconds;
constexpr std::uint64_t retry_jitter_ticks_max = 999;
constexpr std::uint64_t reconnect_min_milliseconds = 50;
constexpr std::uint64_t reconnect_jitter_milliseconds_max = 950;
constexpr std::uint32_t doublings_max = 10;  // 2^10 exceeds both jitters

}  // namespace

void RoundTrips::record(std::uint8_t address, std::uint64_t nanoseconds) {
    ELYTRA_ASSERT(address < latest_.size());
    latest_[address] = nanoseconds;
}

std::uint64_t RoundTrips::estimate() const {
    FixedVector<std::uint64_t, wire::addresses_max> known;
    for (const std::optional<std::uint64_t>& latest : latest_) {
        if (latest.has_value()) known.push_back(*latest);
    }
    if (known.empty()) return round_trip_unknown;
    std::uint64_t* const median = known.begin() + known.size() / 2;
    std::partial_sort(known.begin(), median + 1, known.end());
    return std::clamp(*median, round_trip_min, round_trip_max);
}

std::uint64_t retry_delay(std::uint32_t transmissions, const RoundTrips& round_trips, Prng& prng) {
    ELYTRA_ASSERT(transmissions > 0);
    if (transmissions == 1) return retry_first_nanoseconds;
    const std::uint32_t doublings = std::min(transmissions - 1, doublings_max);
    const std::uint64_t jitter =
        prng.between(0, std::min(retry_jitter_ticks_max, std::uint64_t{1} << doublings));
    return 2 * round_trips.estimate() + (1 + jitter) * tick_nanoseconds;
}

std::uint64_t reconnect_delay(std::uint32_t attempts, Prng& prng) {
    const std::uint64_t ceiling = reconnect_min_milliseconds << std::min(attempts, doublings_max);
    const std::uint64_t jitter =
        prng.between(0, std::min(reconnect_jitter_milliseconds_max, ceiling));
    return (reconnect_min_milliseconds + jitter) * nanoseconds_per_millisecond;
}

}  // namespace elytra::client
