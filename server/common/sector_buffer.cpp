#include "server/common/sector_buffer.hpp"

#include <cstdlib>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"

namespace elytra {

// Large zeroed allocations come as pages that exist only once they are used.
SectorBuffer::SectorBuffer(std::size_t size) : size_(round_up<std::size_t>(size, sector_size)) {
    if (size_ == 0) return;
    std::size_t space = size_ + sector_size;
    void* const allocation = std::calloc(1, space);
    ELYTRA_ASSERT(allocation != nullptr);
    void* start = allocation;
    start = std::align(sector_size, size_, start, space);
    memory_ = {static_cast<std::byte*>(start), Free{.allocation = allocation}};
}

void SectorBuffer::Free::operator()(std::byte*) const { std::free(allocation); }

}  // namespace elytra
