#pragma once

#include <array>
#include <cstddef>

#include "server/io/logging.hpp"
#include "server/io/repeat_limit.hpp"
#include "server/vsr/trace.hpp"

namespace elytra::runtime {

// Turns what a replica tells of its inside into log lines. Kinds that clients can cause many times
// a second are limited to one line a minute with a count. One thread.
class TraceLog {
public:
    explicit TraceLog(io::Log log);

    void write(const vsr::TraceEvent& trace);

private:
    void write_drop(const vsr::TraceEvent& trace);
    void write_eviction(const vsr::TraceEvent& trace);

    static constexpr std::size_t reasons_max = 16;

    io::Log log_;
    std::array<io::RepeatLimit, reasons_max> drops_;
    std::array<io::RepeatLimit, reasons_max> evictions_;
};

}  // namespace elytra::runtime
