#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/common/sector_buffer.hpp"
#include "server/engine/table.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/wire/message.hpp"

namespace elytra::engine {

// A state held still while a checkpoint of it is written and later ops change the original. Full
// chunks of append-only tables never change and are referred to; everything else is copied. What it
// refers to must outlive it. One thread.
class Snapshot {
public:
    explicit Snapshot(std::uint32_t chunk_size) : chunk_size_(chunk_size) {}

    void add_table(const Table& table);

    // `size` bytes of meaning in a buffer whose other bytes are zero.
    void add_bytes(std::uint16_t id, SectorBuffer buffer, std::uint64_t size);

    // Holds the message. Requires: zeros behind the body up to a whole sector, and nobody changes
    // the body while the snapshot lives.
    void add_message_body(std::uint16_t id, wire::MessageRef message);

    const std::vector<storage::Segment>& segments() const { return segments_; }

private:
    std::span<const std::byte> copy(std::span<const std::byte> bytes);
    void add_chunks(storage::Segment& segment, std::span<const std::byte> bytes) const;

    std::uint32_t chunk_size_;
    std::vector<storage::Segment> segments_;
    std::vector<SectorBuffer> buffers_;
    std::vector<wire::MessageRef> messages_;
};

}  // namespace elytra::engine
