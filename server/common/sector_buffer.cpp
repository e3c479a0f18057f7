#include "server/common/sector_buffer.hpp"

#include <algorithm>
#include <new>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"

namespace elytra {

SectorBuffer::SectorBuffer(std::size_t size) : size_(round_up<std::size_t>(size, sector_size)) {
    if (size_ == 0) return;
    memory_.reset(static_cast<std::byte*>(::operator new (size_, std::align_val_t{sector_size})));
    std::ranges::fill(bytes(), std::byte{});
}

void SectorBuffer::Free::operator()(std::byte* memory) const {
    ::operator delete (memory, std::align_val_t{sector_size});
}

}  // namespace elytra
