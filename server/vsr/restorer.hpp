#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/sector_buffer.hpp"
#include "server/engine/restore.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/reader.hpp"
#include "server/vsr/sessions.hpp"
#include "server/wire/message.hpp"

namespace elytra::vsr {

using engine::RestoreStatus;

// Loads the sessions of the newest checkpoint, with their stored replies, into an empty table; the
// state machine restores itself. Every chunk is verified. Everything it is given outlives it; one
// thread.
class Restorer {
public:
    struct Parts {
        const storage::CheckpointStore& store;
        Sessions& sessions;
        wire::MessagePool& pool;  // a buffer for the reply of each session
        storage::IoQueue& io;
    };

    explicit Restorer(const Parts& parts);

    // Requires: an open store.
    void start();

    void on_io_done(storage::IoToken token);

    RestoreStatus status() const { return status_; }

    // Requires: damaged.
    const storage::StoreFault& fault() const { return *fault_; }

private:
    // A chunk to read and where its bytes belong.
    struct Wanted {
        storage::BlockRef ref;
        std::uint32_t segment_id = 0;
        std::uint32_t index = 0;  // in the segment
        std::span<std::byte> into;
    };

    bool want_session_rows();
    bool want_segment(std::uint32_t id, std::uint64_t size, std::span<std::byte> into);
    void advance();
    void request_more();
    void check(const Wanted& read);
    bool open_sessions();
    bool want_reply(std::size_t place, wire::MessageRef message);

    Parts parts_;
    storage::Reader reader_;
    RestoreStatus status_ = RestoreStatus::idle;
    std::optional<storage::StoreFault> fault_;
    std::vector<Wanted> wanted_;
    std::size_t requested_ = 0;  // of `wanted_`
    SectorBuffer session_rows_;
    bool sessions_opened_ = false;
};

}  // namespace elytra::vsr
