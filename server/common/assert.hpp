#pragma once

namespace elytra {

// Prints the failed condition with its place to stderr and aborts. Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace elytra

// A promise of our own code is broken: print and abort, in every build (style: assertions).
// Never used on anything a peer, a user, a file or a clock can influence.
#define ELYTRA_ASSERT(condition)                                        \
    do {                                                                \
        if (!(condition)) [[unlikely]] {                                \
            ::elytra::assertion_failed(#condition, __FILE__, __LINE__); \
        }                                                               \
    } while (false)

// For checks that cost more than O(1): on in the debug, asan and sim presets.
#if defined(ELYTRA_SLOW_ASSERTIONS)
#define ELYTRA_ASSERT_SLOW(condition) ELYTRA_ASSERT(condition)
#else
#define ELYTRA_ASSERT_SLOW(condition) static_cast<void>(sizeof(condition))
#endif
