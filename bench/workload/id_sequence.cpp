#include "bench/workload/id_sequence.hpp"

#include "server/common/assert.hpp"
#include "server/common/prng.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint64_t tbids_per_millisecond = 1024;
constexpr std::uint64_t milliseconds_mask = (std::uint64_t{1} << 48) - 1;

}  // namespace

IdSequence::IdSequence(const IdOptions& options)
    : order_(options.order),
      count_(options.count),
      key_(mix64(options.seed)),
      base_milliseconds_(options.base.nanoseconds / nanoseconds_per_millisecond) {}

u128 IdSequence::at(std::uint64_t index) const {
    ELYTRA_ASSERT(index < count_);
    switch (order_) {
        case IdOrder::tbid:
            return tbid(index);
        case IdOrder::sequential:
            return static_cast<u128>(index) + 1;
        case IdOrder::random:
            return scattered(index);
        case IdOrder::reversed:
            return static_cast<u128>(count_ - index);
    }
    ELYTRA_ASSERT(false);
    return 0;
}

// A clock that moves on every 1024 ids. Within one millisecond a client counts up from a random
// number; its top bit is cleared, so that counting never carries.
u128 IdSequence::tbid(std::uint64_t index) const {
    const std::uint64_t elapsed = index / tbids_per_millisecond;
    const std::uint64_t milliseconds = (base_milliseconds_ + elapsed) & milliseconds_mask;
    const std::uint64_t random = mix64(key_ + elapsed);
    return make_u128(milliseconds << 16 | (random & 0xffff),
                     (random >> 1) + index % tbids_per_millisecond);
}

// mix64 is a bijection, so the low halves differ. The high half is neither zero nor all ones.
u128 IdSequence::scattered(std::uint64_t index) const {
    const std::uint64_t low = mix64(index ^ key_);
    return make_u128(mix64(low + key_) >> 1 | 1, low);
}

}  // namespace elytra::bench
