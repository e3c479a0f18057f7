#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/sector_buffer.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/storage/manifest.hpp"

namespace elytra::inspect {

// Reads one block of the page store after the other into memory of its own.
class BlockReader {
public:
    // No block is larger.
    BlockReader(ByteSource& source, std::uint32_t block_size_max)
        : source_(source), buffer_(block_size_max) {}

    // The whole sectors of the block, valid until the next call. Verified only where intact()
    // says so.
    std::span<const std::byte> read(const storage::BlockRef& block);

    // Whether the block that was read last is what its parent expects.
    bool intact() const { return intact_; }

private:
    ByteSource& source_;
    SectorBuffer buffer_;
    bool intact_ = false;
};

}  // namespace elytra::inspect
