#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "server/common/prng.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::test {

// What a crash makes of a write that was not durable yet.
enum class WriteFate : std::uint8_t { kept, dropped, torn };

// A data file in memory, on a disk with a volatile cache. Executes IoEffects one at a time, in the
// order that the caller chooses, and checks that they keep the rules of io_effect.hpp. A copy is an
// independent disk with the same content; only the original's I/O in flight must be completed.
class MemoryDisk {
public:
    struct Completion {
        storage::IoToken token;
        storage::IoStatus status = storage::IoStatus::ok;
    };

    static constexpr std::size_t atom_size = 512;  // what the device writes in one piece

    explicit MemoryDisk(std::uint64_t seed,
                        std::uint64_t size_max = std::numeric_limits<std::uint64_t>::max());

    // From now on the file cannot grow beyond. Space that it has already stays.
    void limit_size(std::uint64_t size_max) { size_max_ = size_max; }

    // Takes over all effects of the queue.
    void submit(storage::IoQueue& io);

    std::size_t in_flight() const { return in_flight_.size(); }

    // Executes one effect. Requires: index < in_flight().
    Completion complete(std::size_t index);

    // Requires: in_flight() > 0.
    Completion complete_any() { return complete(prng_.below(in_flight_.size())); }

    // Writes that a crash now could change: completed but not flushed, then those in flight.
    std::size_t writes_at_risk() const;

    // Power loss: each write at risk meets its fate, torn ones atom by atom; nothing is in flight
    // after.
    void crash(std::span<const WriteFate> fates);

    // The same with random fates.
    void crash();

    // What reads see.
    std::span<const std::byte> bytes() const { return visible_; }

    // Damage: from here on reads see these bytes, also after a crash.
    void overwrite(std::uint64_t offset, std::span<const std::byte> bytes);

    void flip_bit(std::uint64_t offset, unsigned bit);

    // Fills a range with bytes that nobody wrote.
    void wreck(std::uint64_t offset, std::uint64_t size);

    // Reads of this sector return zeros until it is written again.
    void fail_sector(std::uint64_t offset);

    // The next write that starts in [from, to) is reported as done and leaves no trace.
    void lose_next_write(std::uint64_t from, std::uint64_t to) { to_lose_.push_back({from, to}); }

    std::uint64_t bytes_written() const { return bytes_written_; }

private:
    struct InFlight {
        storage::IoEffect effect;
        std::vector<std::byte> bytes;  // of a write, as they were when it was asked for
    };

    struct VolatileWrite {
        std::uint64_t offset = 0;
        std::vector<std::byte> bytes;
    };

    void check(const storage::IoEffect& effect) const;
    storage::IoStatus execute(const storage::Write& write, std::vector<std::byte> bytes);
    storage::IoStatus execute(const storage::Read& read);
    storage::IoStatus execute(const storage::Extend& extend);
    void flush();
    bool lose(std::uint64_t offset);
    bool grow(std::uint64_t size);
    void make_durable(std::uint64_t offset, std::span<const std::byte> bytes);
    void meet_fate(const VolatileWrite& write, WriteFate fate);

    Prng prng_;
    std::uint64_t size_max_;
    std::vector<std::byte> media_;    // what survives a crash for certain
    std::vector<std::byte> visible_;  // media and cache
    std::vector<VolatileWrite> cache_;
    std::vector<InFlight> in_flight_;
    std::set<std::uint64_t> failed_sectors_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> to_lose_;
    std::uint64_t bytes_written_ = 0;
};

}  // namespace elytra::test
