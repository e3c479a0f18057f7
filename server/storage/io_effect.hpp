#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "server/common/assert.hpp"
#include "server/common/job.hpp"

// What the core asks of the data file, as values: the world executes them in any order and reports
// each one back by its token. Nothing in the core performs I/O (style: the core and its two
// worlds).
namespace elytra::storage {

// Which component an I/O belongs to.
enum class IoOwner : std::uint8_t {
    superblock = 1,
    journal = 2,
    page_store = 3,
    formatter = 4,
    page_cache = 5,
    flush = 6,
    merge_job = 7,
    merge_read = 8,
    state_restore = 9,
    session_restore = 10,
    scrubber = 11,
};

struct IoToken {
    IoOwner owner{};
    std::uint32_t id = 0;  // the owner's own numbering

    constexpr auto operator<=>(const IoToken&) const = default;
};

// `durable`: the completion means that the bytes survive a power loss (O_DSYNC). `volatile_cache`:
// they may be lost or torn until a later Flush completes.
enum class Durability : std::uint8_t { volatile_cache, durable };

// Offset, length and buffer are multiples of the sector size; the buffer stays untouched by its
// owner until the completion. Two ranges in flight never overlap.
struct Write {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;
    Durability durability = Durability::volatile_cache;
    IoToken token;
};

// Bytes beyond the end of the file, and sectors that the device cannot read, come back as zeros;
// the reader's checksums tell.
struct Read {
    std::uint64_t offset = 0;
    std::span<std::byte> bytes;
    IoToken token;
};

// Makes every write that completed before this was asked for durable.
struct Flush {
    IoToken token;
};

// Makes sure that the file's first `size` bytes are allocated. Never shrinks.
struct Extend {
    std::uint64_t size = 0;
    IoToken token;
};

using IoEffect = std::variant<Write, Read, Flush, Extend>;

// Runs the job, on another core where there is one, and reports back by its token. The job lives
// until then. Jobs are begun in the order in which they were asked for, one at a time.
struct Compute {
    Job* job = nullptr;
    IoToken token;
};

// Failures of writes and flushes never reach the core: the world stops the process (fail-stop, S9).
// Only running out of space is a state that the core can wait in.
enum class IoStatus : std::uint8_t { ok, no_space };

// Where components leave their I/O for the world to fetch. One thread.
class IoQueue {
public:
    void push(IoEffect effect) { effects_.push_back(effect); }

    void push(Compute compute) { computes_.push_back(compute); }

    std::span<const IoEffect> effects() const { return effects_; }

    std::span<const Compute> computes() const { return computes_; }

    void clear() {
        effects_.clear();
        computes_.clear();
    }

private:
    std::vector<IoEffect> effects_;  // bounded by the owners' own limits on I/O in flight
    std::vector<Compute> computes_;
};

}  // namespace elytra::storage
