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

    // Takes over all effects of the queue. Requires: no Computes, which are not for disks.
    void submit(storage::IoQueue& io);

    void submit(std::span<const storage::IoEffect> effects);

    std::size_t in_flight() const { return in_flight_.size(); }

    // Executes one effect. Requires: index < in_flight().
    Completion complete(std::size_t index);

    // Requires: in_flight() > 0.
    std::size_t any_in_flight() { return prng_.below(in_flight_.size()); }

    Completion complete_any() { return complete(any_in_flight()); }

    const storage::IoEffect& effect_in_flight(std::size_t index) const {
        return in_flight_[index].effect;
    }

    // Writes that a crash now could change: completed but not flushed, then those in flight.
    std::size_t writes_at_risk() const { return atoms_at_risk().size(); }

    // How many atoms each of them has.
    std::vector<std::size_t> atoms_at_risk() const;

    // Power loss: each write at risk meets its fate, torn ones atom by atom; nothing is in flight
    // after.
    void crash(std::span<const WriteFate> fates);

    // The same with random fates.
    void crash();

    // The same with each write torn after so many atoms: 0 drops it, all of them keep it.
    void crash_after(std::span<const std::size_t> atoms_kept);

    // What reads see.
    std::span<const std::byte> bytes() const { return visible_; }

    // What a crash now would leave that drops every write at risk.
    std::span<const std::byte> durable_bytes() const { return media_; }

    // Damage: from here on reads see these bytes, also after a crash.
    void overwrite(std::uint64_t offset, std::span<const std::byte> bytes);

    void flip_bit(std::uint64_t offset, unsigned bit);

    // Fills a range with bytes that nobody wrote.
    void wreck(std::uint64_t offset, std::uint64_t size);

    // Reads of this sector return zeros until it is written again.
    void fail_sector(std::uint64_t offset);

    // The next write that starts in [from, to) is reported as done and leaves no trace.
    void lose_next_write(std::uint64_t from, std::uint64_t to) { to_lose_.push_back({from, to}); }

    // How large the file can grow from now on.
    void set_size_max(std::uint64_t size_max) { size_max_ = size_max; }

    std::uint64_t bytes_written() const { return bytes_written_; }

private:
    struct InFlight {
        storage::IoEffect effect;
        std::vector<std::byte> bytes;     // of a write, as they were when it was asked for
        std::uint64_t writes_before = 0;  // how many had completed when it was asked for
    };

    struct VolatileWrite {
        std::uint64_t offset = 0;
        std::vector<std::byte> bytes;
        std::uint64_t number = 0;  // counts completed writes, from 1 on
    };

    void check(const storage::IoEffect& effect) const;
    storage::IoStatus execute(const storage::Write& write, std::vector<std::byte> bytes);
    storage::IoStatus execute(const storage::Read& read);
    storage::IoStatus execute(const storage::Extend& extend);
    void flush(std::uint64_t writes_before);
    void move_in_flight_to_cache();
    void end_crash();
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
    std::uint64_t writes_completed_ = 0;
};

}  // namespace elytra::test
