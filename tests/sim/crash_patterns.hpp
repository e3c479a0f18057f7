#pragma once

#include <cstddef>
#include <vector>

#include "server/common/prng.hpp"

namespace elytra::sim {

// For each write at risk, after how many atoms the crash stops it: 0 drops it, all of them keep it.
using CrashPattern = std::vector<std::size_t>;

// What a power loss can make of writes of these sizes: all kept, all dropped, each one alone
// dropped, kept, or torn at its sector boundaries with the others kept and with the others dropped,
// and a few random mixtures. Large writes are torn at a bounded number of places, each of many
// writes at one.
std::vector<CrashPattern> crash_patterns(const CrashPattern& atoms, Prng& prng);

}  // namespace elytra::sim
