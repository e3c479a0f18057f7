#include "orchestrator/progress/traffic_text.hpp"

#include "orchestrator/quantities/quantity.hpp"
#include "server/common/time.hpp"

namespace elytractl::progress {
namespace {

using quantities::quantity;
using quantities::Unit;

}  // namespace

double rate_of(const elytra::bench::TrafficCounts& counts, std::uint64_t nanoseconds) {
    if (nanoseconds == 0) return 0;
    return static_cast<double>(counts.accepted) *
           static_cast<double>(elytra::nanoseconds_per_second) / static_cast<double>(nanoseconds);
}

std::string latency_text(std::uint64_t microseconds) {
    return quantity(Unit::microseconds, static_cast<double>(microseconds));
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
    return quantity(Unit::fraction,
                    whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace elytractl::progress
