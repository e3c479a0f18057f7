#include "server/inspect/block_reader.hpp"

#include "server/common/assert.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::inspect {

std::span<const std::byte> BlockReader::read(const storage::BlockRef& block) {
    ELYTRA_ASSERT(block.size_on_disk() <= buffer_.size());
    const std::span<std::byte> bytes = buffer_.bytes().first(block.size_on_disk());
    source_.read(block.offset, bytes);
    intact_ = wire::checksum(bytes) == block.checksum;
    return bytes;
}

}  // namespace elytra::inspect
