#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/common/sector_buffer.hpp"
#include "server/engine/state_machine.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/vsr/sessions.hpp"
#include "server/wire/message.hpp"

namespace elytra::vsr {

enum class RestoreStatus : std::uint8_t {
    idle,
    reading,
    done,
    damaged,       // a chunk does not match its checksum: fault() tells
    inconsistent,  // every checksum is right, but the content makes no sense
};

// Loads the newest checkpoint of an open store into an empty state machine and an empty session
// table. Everything it is given outlives it. Performs no I/O itself; one thread.
class Restorer {
public:
    struct Parts {
        storage::CheckpointStore& store;
        engine::StateMachine& state_machine;
        Sessions& sessions;
        wire::MessagePool& pool;  // a buffer for the reply of each session
        std::uint32_t chunk_size;
    };

    explicit Restorer(const Parts& parts) : parts_(parts) {}

    void start();

    // After every completion of I/O.
    void advance();

    RestoreStatus status() const { return status_; }

    // Requires: damaged.
    const storage::StoreFault& fault() const { return *fault_; }

private:
    // A chunk to read and where its bytes belong.
    struct Wanted {
        std::size_t segment = 0;
        std::size_t chunk = 0;
        std::span<std::byte> into;
    };

    std::optional<std::size_t> find_segment(std::uint16_t id) const;
    bool want_tables();
    bool want_session_rows();
    bool want_segment(std::uint16_t id, std::span<std::byte> into);
    void request_more();
    void on_all_read();
    bool open_sessions();
    bool want_reply(std::size_t place, wire::MessageRef message);

    Parts parts_;
    RestoreStatus status_ = RestoreStatus::idle;
    std::optional<storage::StoreFault> fault_;
    std::vector<Wanted> wanted_;
    std::size_t requested_ = 0;  // of `wanted_`
    std::size_t completed_ = 0;
    SectorBuffer session_rows_;
    bool sessions_opened_ = false;
};

}  // namespace elytra::vsr
