#pragma once

#include <cstdint>
#include <optional>

#include "server/common/time.hpp"

namespace elytra::io {

// Keeps a condition that repeats many times a second from flooding the log: its first occurrence
// gets a line, then at most one line a minute that tells how often it happened.
class RepeatLimit {
public:
    static constexpr std::uint64_t quiet_nanoseconds = 60 * nanoseconds_per_second;

    // To be called at every occurrence. Where a line is due: the occurrences since the last line,
    // this one included; otherwise nothing.
    std::optional<std::uint64_t> admit(Instant now);

private:
    std::optional<Instant> last_line_;
    std::uint64_t count_ = 0;
};

}  // namespace elytra::io
