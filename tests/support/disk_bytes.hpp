#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/inspect/byte_source.hpp"
#include "tests/support/memory_disk.hpp"

namespace elytra::test {

// What an inspection sees of a disk in memory, which it outlives.
class DiskBytes final : public inspect::ByteSource {
public:
    explicit DiskBytes(const MemoryDisk& disk) : disk_(disk) {}

    std::uint64_t size() const override { return disk_.bytes().size(); }

    void read(std::uint64_t offset, std::span<std::byte> into) override;

private:
    const MemoryDisk& disk_;
};

}  // namespace elytra::test
