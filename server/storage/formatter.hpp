#pragma once

#include <cstdint>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/superblock_copy.hpp"

namespace elytra::storage {

enum class FormatStatus : std::uint8_t { idle, formatting, done, no_space };

// Creates an empty data file in a new, empty file: log and evidence first, then durably the
// superblock, so that a file whose format did not finish has no superblock to open. One thread;
// performs no I/O.
class Formatter {
public:
    Formatter(const Limits& limits, const Identity& identity, IoQueue& io);
    Formatter(const Formatter&) = delete;
    Formatter& operator=(const Formatter&) = delete;

    // A recovered file must not act in a view below `view_floor`. Requires: idle.
    void start(View view_floor = View{0});

    void on_io_done(IoToken token, IoStatus status);

    FormatStatus status() const { return status_; }

private:
    enum class Step : std::uint8_t { idle, extend, zones, flush_zones, superblock };

    void on_step_done();
    void start_zones();
    void write_log();
    void start_superblock();
    void push_write(std::uint64_t offset, std::span<const std::byte> bytes, Durability durability);

    const Limits limits_;
    const Layout layout_;
    const Identity identity_;
    IoQueue& io_;
    View view_floor_;
    FormatStatus status_ = FormatStatus::idle;
    Step step_ = Step::idle;
    std::uint32_t io_in_flight_ = 0;
    std::uint64_t log_written_ = 0;
    SectorBuffer zeros_;
    SectorBuffer evidence_;
    SectorBuffer superblock_;
};

}  // namespace elytra::storage
