#pragma once

#include <cstdint>
#include <deque>

#include "bench/load/batch.hpp"
#include "bench/workload/mixed_stream.hpp"

namespace elytra::bench {

// The batches of a closed loop: always as full as they can be, made of the units of a stream in
// their order, except that queries, which are requests of their own, follow the batch in which they
// were met. Times are left to those who send.
class ClosedSupply {
public:
    // Requires: batch_max >= the events of any unit. The stream outlives the supply.
    ClosedSupply(const MixedStream& stream, std::uint32_t batch_max)
        : stream_(stream), batch_max_(batch_max) {}

    // Fills an empty batch with the next units.
    void take(Batch& batch);

private:
    const MixedStream& stream_;
    std::uint32_t batch_max_;
    std::uint64_t unit_next_ = 0;
    std::deque<Unit> queries_;  // at most batch_max
};

}  // namespace elytra::bench
