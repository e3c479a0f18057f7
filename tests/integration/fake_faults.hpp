#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/common/result.hpp"

namespace elytra::test {

// How a fake replica shall misbehave (README.md). Numbers are 0 where nothing was asked for.
struct Faults {
    bool format_fails = false;
    bool die_at_start = false;
    bool port_taken = false;
    bool no_port = false;
    bool garbage_port = false;
    bool flood_stderr = false;
    bool hang_on_stop = false;
    bool ignore_sigterm = false;
    bool spawn_grandchild = false;
    bool disk_full = false;
    std::uint64_t die_after = 0;   // requests to the ledger
    std::uint64_t kill_after = 0;  // requests to the ledger
    std::uint64_t wrong_code = 0;  // every so manieth transfer
    std::uint64_t lose = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t slow_percent = 0;
    std::uint64_t stall_nanoseconds = 0;
    std::uint64_t stall_period_nanoseconds = 0;
};

// Of a comma-separated list such as "lose=1000,stall=2s/10s".
Result<Faults, std::string> parse_faults(std::string_view text);

}  // namespace elytra::test
