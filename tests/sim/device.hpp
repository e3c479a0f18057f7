#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "tests/sim/planted_bug.hpp"
#include "tests/support/memory_disk.hpp"

namespace elytra::sim {

// Damage to the media that the run has announced to its checkers.
enum class MediaFault : std::uint8_t {
    flipped_bit,
    wrecked_sector,
    unreadable_sector,
    lost_write,
    misdirected_write,
    misdirected_read,
    failed_flush,  // what was in the cache is gone; the process has to end
};

inline constexpr std::size_t media_faults_count = 7;

enum class Zone : std::uint8_t { superblock_a, evidence, log, superblock_b, page_store };

inline constexpr std::size_t zones_count = 5;

// The disk of a simulated machine: a MemoryDisk behind media that wear out, and behind the planted
// bugs.
class Device {
public:
    struct Options {
        Limits limits;
        PlantedBug bug = PlantedBug::none;
        std::optional<storage::IoOwner> starved;  // its I/O waits while others have some
        std::uint64_t seed = 0;
    };

    explicit Device(const Options& options);

    test::MemoryDisk& disk() { return disk_; }

    void submit(std::span<const storage::IoEffect> effects);

    bool busy() const { return disk_.in_flight() > 0 || !early_.empty(); }

    // Completes one I/O, any of those in flight. Requires: busy().
    test::MemoryDisk::Completion complete_one();

    enum class Crash : std::uint8_t {
        kill,        // the process is gone, the cache survives
        power_loss,  // every write at risk meets its own fate
        blackout,    // every write at risk is dropped
    };

    void crash(Crash kind);

    // Damages a random place of the zone now, or its next write or read.
    void damage(MediaFault fault, Zone zone);

    bool flush_in_flight() const;

private:
    struct Range {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };

    // A write whose completion is reported before it is carried out.
    struct Deferred {
        std::uint64_t offset = 0;
        SectorBuffer bytes;
        std::uint32_t turns_left = 0;
    };

    struct PendingFault {
        MediaFault fault{};
        Range range;
    };

    void submit_with_fault(storage::Write write);
    void misdirect(storage::IoToken token);
    bool hits_write_in_flight(const storage::Write& write) const;
    void submit_with_bug(storage::IoEffect effect);
    void reuse_early(const storage::Write& write);
    void defer(const storage::Write& write);
    void execute_deferred();
    std::size_t choose_in_flight();
    void roll_back();
    bool in_log(std::uint64_t offset) const;
    bool in_evidence(std::uint64_t offset) const;
    Range range_of(Zone zone) const;

    storage::Layout layout_;
    PlantedBug bug_;
    std::optional<storage::IoOwner> starved_;
    Prng prng_;
    test::MemoryDisk disk_;
    std::optional<PendingFault> pending_fault_;
    std::optional<Range> misdirected_zone_;           // whose next read gets bytes of another place
    std::optional<storage::Read> misdirected_read_;   // in flight
    std::deque<test::MemoryDisk::Completion> early_;  // to be reported without the disk
    std::vector<Deferred> deferred_;
    std::vector<std::byte> image_at_last_crash_;
    std::deque<Range> chunks_;  // where the newest writes of the page store went
};

}  // namespace elytra::sim
