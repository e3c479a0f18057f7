#include "server/io/random.hpp"

#include <cstring>

#include <sys/random.h>

#include "server/common/assert.hpp"

namespace elytra::io {

std::uint64_t random_u64() {
    // The kernel fills requests of up to 256 bytes completely, and without a signal in between.
    std::uint64_t value = 0;
    ELYTRA_ASSERT(getrandom(&value, sizeof value, 0) == sizeof value);
    return value;
}

u128 random_u128() { return make_u128(random_u64(), random_u64()); }

}  // namespace elytra::io
