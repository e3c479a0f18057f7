#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/state_machine.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/manifest_root.hpp"
#include "server/wire/header.hpp"
#include "server/wire/operation.hpp"
#include "tests/support/memory_disk.hpp"

namespace elytra::test {

// A state machine with its page store on an undamaged disk in memory. I/O and jobs are carried out
// here: at once, or in an order and as late as a seed says. Where cuts are, the caller decides.
class StateMachineWorld {
public:
    struct Options {
        Limits limits;
        std::uint32_t request_body_max = wire::body_size_max;
        std::uint64_t seed = 0;  // 0: everything in the background is done at once
        bool threads = false;    // a job really runs beside the rest, for tsan to see
    };

    explicit StateMachineWorld(const Options& options);
    StateMachineWorld(const StateMachineWorld&) = delete;
    StateMachineWorld& operator=(const StateMachineWorld&) = delete;

    ~StateMachineWorld() { end_jobs(); }

    // Executes one operation; the reply is valid until the next. Requires: what
    // StateMachine::begin() requires.
    std::span<const std::byte> execute(wire::Operation operation, std::uint64_t timestamp,
                                       std::span<const std::byte> body);

    // Begins a checkpoint of the state after the last operation; one before it is finished first.
    void cut();

    // Until nothing is under way.
    void settle();

    // The power fails: what is not flushed may be lost. A new state machine opens the newest
    // durable checkpoint and executes the operations since then once more, with the cuts between
    // them. False: it found the checkpoint inconsistent, or gave another reply.
    [[nodiscard]] bool restart();

    const engine::StateMachine& state_machine() const { return *state_machine_; }

    const storage::CheckpointStore& page_store() const { return *page_store_; }

private:
    enum class Stage : std::uint8_t { idle, flushing, writing };

    // An operation, or a cut, that the newest durable checkpoint does not have.
    struct Kept {
        std::optional<wire::Operation> operation = std::nullopt;  // none: a cut
        std::uint64_t timestamp = 0;
        std::vector<std::byte> body = {};
        u128 reply_checksum = 0;
    };

    struct RunningJob {
        storage::Compute compute;
        bool begun = false;
        std::thread thread = {};
    };

    void make_state_machine();
    [[nodiscard]] bool open();
    void take_effects();
    bool step();
    void step_job();
    void end_jobs();
    void on_done(storage::IoToken token, storage::IoStatus status);
    void advance_checkpoint();
    void linger();

    Options options_;
    Prng prng_;
    MemoryDisk disk_;
    storage::IoQueue io_;
    std::unique_ptr<storage::CheckpointStore> page_store_;
    std::unique_ptr<engine::StateMachine> state_machine_;
    std::deque<RunningJob> jobs_;
    std::vector<std::byte> reply_;
    Stage stage_ = Stage::idle;
    storage::ManifestRoot newest_;
    storage::ManifestRoot previous_;
    std::deque<Kept> kept_;
};

}  // namespace elytra::test
