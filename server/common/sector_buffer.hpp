#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace elytra {

// Bytes that direct I/O can read and write: sector aligned, a whole number of sectors, zero at
// first. Large ones take no memory, and no time, before they are touched.
class SectorBuffer {
public:
    SectorBuffer() = default;

    // `size` is rounded up to whole sectors.
    explicit SectorBuffer(std::size_t size);

    std::size_t size() const { return size_; }

    std::span<std::byte> bytes() { return {memory_.get(), size_}; }

    std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }

private:
    struct Free {
        void* allocation;  // where the memory with the first whole sector begins

        void operator()(std::byte* memory) const;
    };

    std::unique_ptr<std::byte, Free> memory_;
    std::size_t size_ = 0;
};

}  // namespace elytra
