#pragma once

#include <array>
#include <cstdint>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/superblock_copy.hpp"
#include "server/storage/superblock_quorum.hpp"

namespace elytra::storage {

enum class SuperblockStatus : std::uint8_t { closed, opening, open, updating, failed };

// Why there is no superblock to work with. Every one of them must keep the replica from going on.
enum class SuperblockFailure : std::uint8_t {
    none,
    not_a_data_file,      // no copy is intact
    unsupported_version,  // found_version() tells which
    no_quorum,            // one lonely copy
    conflicting_copies,   // two contents with one sequence
    broken_chain,         // neighbouring sequences that are not parent and child
    other_layout,         // made for other limits; found_log_size() tells
    not_verified,         // fewer than three copies could be read back after writing
};

// The root of the data file: four copies, of which two of one version are intact at every instant.
// Versions are written one after the other; a wish that arrives meanwhile waits and may still be
// replaced. One thread; performs no I/O itself.
class Superblock {
public:
    Superblock(const Limits& limits, IoQueue& io);
    Superblock(const Superblock&) = delete;
    Superblock& operator=(const Superblock&) = delete;

    // Reads and, where needed, repairs the copies; ends as `open` or `failed`. Requires: closed.
    void open();

    // Makes `next` the next version. It must be derived from newest(), so that wishes of different
    // writers merge instead of undoing each other. Returns the sequence under which it will be
    // durable: when current().sequence has reached it. Requires: open or updating; no number goes
    // backwards.
    std::uint64_t update(const SuperblockState& next);

    void on_io_done(IoToken token, IoStatus status);

    SuperblockStatus status() const { return status_; }

    SuperblockFailure failure() const { return failure_; }

    std::uint32_t found_version() const { return found_version_; }

    std::uint64_t found_log_size() const { return found_log_size_; }

    // The copies that open() found damaged or outdated and rewrote.
    const RepairOrder& repairs() const { return repairs_; }

    // The newest durable version. Requires: open or updating.
    const SuperblockState& current() const;

    // The newest version that was asked for, durable or not. Requires: open or updating.
    const SuperblockState& newest() const;

private:
    enum class Step : std::uint8_t {
        idle,
        opening_read,
        repairing_write,  // one copy after the other
        repairing_read,
        first_wave,   // copies 0 and 2
        second_wave,  // copies 1 and 3
        verifying_read,
    };

    void read_copies(Step step);
    void write_copy(std::uint32_t copy);
    void on_step_done();
    void choose();
    void repair_next();
    void start_update();
    void verify();
    void fail(SuperblockFailure failure);

    const Limits limits_;
    const Layout layout_;
    IoQueue& io_;
    std::array<SectorBuffer, superblock_copies> buffers_;

    SuperblockStatus status_ = SuperblockStatus::closed;
    SuperblockFailure failure_ = SuperblockFailure::none;
    std::uint32_t found_version_ = 0;
    std::uint64_t found_log_size_ = 0;

    Step step_ = Step::idle;
    std::uint32_t io_in_flight_ = 0;
    RepairOrder repairs_;
    std::uint32_t repairs_done_ = 0;

    SuperblockState current_;
    u128 current_checksum_ = 0;
    SuperblockState writing_;
    u128 writing_checksum_ = 0;
    SuperblockState queued_;
    bool has_queued_ = false;
};

}  // namespace elytra::storage
