#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/storage/io_effect.hpp"

namespace elytra::inspect {

// The bytes of a data file, for reading only: an open file, or a disk in memory.
class ByteSource {
public:
    virtual ~ByteSource() = default;

    virtual std::uint64_t size() const = 0;

    // Whole sectors at any offset that is one. What lies behind the end, or cannot be read, comes
    // back as zeros: the checksum tells.
    virtual void read(std::uint64_t offset, std::span<std::byte> into) = 0;
};

// Performs what a component of the server asks for while it opens its part of the file, until it
// asks for nothing more. Its reads are done, its repairs are not: it is told that they were.
template <class OnDone>
void run_reads(ByteSource& source, storage::IoQueue& io, const OnDone& on_done) {
    while (!io.effects().empty()) {
        std::size_t count = 0;
        for (const storage::IoEffect& effect : io.effects()) {
            if (const auto* read = std::get_if<storage::Read>(&effect)) {
                source.read(read->offset, read->bytes);
            }
            ++count;
        }
        io.clear();
        for (; count > 0; --count) on_done();
    }
}

}  // namespace elytra::inspect
