#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/sector_buffer.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/vsr/sessions.hpp"
#include "server/wire/message.hpp"

namespace elytra::vsr {

// The session table held still while a checkpoint of it is written and later ops change the
// original: rows are copied, stored replies kept in their buffers. One thread.
class CheckpointSessions {
public:
    explicit CheckpointSessions(std::uint32_t chunk_size) : chunk_size_(chunk_size) {}

    // Takes the place of what was held. Requires: zeros behind each stored reply up to a whole
    // sector, and nobody changes its body.
    void hold(const Sessions& sessions);

    // The checkpoint is written: gives the buffers of the replies back.
    void release();

    std::span<const storage::Segment> segments() const { return segments_; }

private:
    void add_segment(std::uint32_t id, std::span<const std::byte> bytes, std::size_t size);

    std::uint32_t chunk_size_;
    std::vector<storage::Segment> segments_;
    SectorBuffer rows_;
    std::vector<wire::MessageRef> replies_;
};

}  // namespace elytra::vsr
