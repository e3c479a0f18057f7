#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "server/common/prng.hpp"
#include "server/common/time.hpp"
#include "server/wire/decode.hpp"

// How long a client waits before it repeats itself. All durations are nanoseconds.
namespace elytra::client {

inline constexpr std::uint64_t tick_nanoseconds = 10'000'000;
inline constexpr std::uint64_t retry_first_nanoseconds = 60 * tick_nanoseconds;
inline constexpr std::uint64_t ping_interval_nanoseconds = 30'000'000'000;

inline constexpr Instant never{std::numeric_limits<std::uint64_t>::max()};

// The last round trip to each address, and their median as the estimate for the next.
class RoundTrips {
public:
    void record(std::uint8_t address, std::uint64_t nanoseconds);

    // 300 ms before the first record; otherwise within 10 ms and one minute.
    std::uint64_t estimate() const;

private:
    std::array<std::optional<std::uint64_t>, wire::addresses_max> latest_;
};

// The pause after the n-th transmission of a request. Requires: transmissions > 0.
std::uint64_t retry_delay(std::uint32_t transmissions, const RoundTrips& round_trips, Prng& prng);

// The pause before connecting again, after so many attempts since the peer was last heard of.
std::uint64_t reconnect_delay(std::uint32_t attempts, Prng& prng);

}  // namespace elytra::client
