#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/ring_buffer.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::storage {

// Reads ranges of the data file for one owner and tells which have arrived. Verifies nothing: the
// one who asks knows the checksum. One thread.
class Reader {
public:
    // At most `reads_max` in flight or not yet fetched.
    Reader(IoOwner owner, std::uint32_t reads_max, IoQueue& io);

    bool can_read() const { return pending_ < tags_.size(); }

    // Whole sectors into sector-aligned memory that stays until `tag` is fetched.
    // Requires: can_read().
    void read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> into);

    // The tag of a read that has completed, in the order of completion.
    std::optional<std::uint32_t> next_done();

    std::size_t pending() const { return pending_; }

    // Requires: a token of this owner.
    void on_io_done(IoToken token);

private:
    IoOwner owner_;
    IoQueue& io_;
    std::vector<std::optional<std::uint32_t>> tags_;  // by slot, which is the id of the token
    RingBuffer<std::uint32_t> done_;
    std::size_t pending_ = 0;
};

}  // namespace elytra::storage
