#pragma once

namespace elytra {

// Starts to load the cache line at this address, which need not be valid.
// The empty assembly keeps the call: g++ 12 takes functions that only prefetch for functions
// without any effect and removes their callers, too.
inline void prefetch(const void* address) {
    __builtin_prefetch(address);
    asm volatile("" : : "r"(address));
}

}  // namespace elytra
