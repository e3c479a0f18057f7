#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/engine/state_machine.hpp"
#include "server/wire/header.hpp"
#include "server/wire/operation.hpp"
#include "tests/support/state_machine_world.hpp"

namespace elytra::test {

using Bytes = std::vector<std::byte>;

template <class T>
Bytes to_bytes(std::span<const T> objects) {
    const std::span<const std::byte> bytes = std::as_bytes(objects);
    return Bytes(bytes.begin(), bytes.end());
}

template <class T>
Bytes to_bytes(const std::vector<T>& objects) {
    return to_bytes(std::span<const T>(objects));
}

// The body of a request with these batches in the operation's encoding; exactly one batch when that
// knows no others.
Bytes request_body(wire::Operation operation, const std::vector<Bytes>& batches);

// The batches of a reply.
std::vector<Bytes> reply_batches(wire::Operation operation, std::span<const std::byte> reply);

// One batch as what it is an array of.
template <class T>
std::vector<T> objects_of(const Bytes& bytes) {
    std::vector<T> objects(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(objects.data(), bytes.data(), bytes.size());
    return objects;
}

// A state machine with the timestamps, pulses and checkpoints of a lone replica, whose wall clock
// the test moves.
class LedgerDriver {
public:
    struct Options {
        std::uint64_t wall = 0;  // nanoseconds
        std::uint32_t request_body_max = wire::body_size_max;
        Limits limits = limits_production();
        // 0: everything in the background is done at once, and cuts are where the number of rows
        // asks for one. Otherwise the background takes its time and cuts are also in other places.
        std::uint64_t seed = 0;
        bool threads = false;  // jobs run on threads
    };

    explicit LedgerDriver(const Options& options);

    // Executes a valid body at the next timestamp and runs the pulses that are due after it. The
    // reply's batches.
    std::vector<Bytes> execute(wire::Operation operation, const Bytes& body);

    template <class T>
    std::vector<Bytes> execute(wire::Operation operation, const std::vector<T>& events) {
        return execute(operation, request_body(operation, {to_bytes(events)}));
    }

    // Of the last request, without the pulses after it.
    std::uint64_t timestamp() const { return timestamp_; }

    // The next operation gets exactly this timestamp.
    void set_timestamp_next(std::uint64_t timestamp) { timestamp_next_ = timestamp; }

    // Lets time pass without requests, with pulses as the idle timer starts them.
    void advance(std::uint64_t nanoseconds);

    // The timestamps of the pulses since the last call.
    std::vector<std::uint64_t> take_pulses() { return std::exchange(pulses_, {}); }

    // Cuts the power, opens the newest checkpoint and executes again what it lacks; whether that
    // succeeded.
    [[nodiscard]] bool restart() { return engine_.restart(); }

    // Brings the present state to the disk and waits for it.
    void checkpoint();

    const engine::StateMachine& state_machine() const { return engine_.state_machine(); }

    const StateMachineWorld& engine() const { return engine_; }

private:
    void run_pulses(std::uint64_t now);
    void cut_when_due();

    Options options_;
    std::uint64_t wall_;
    std::uint64_t timestamp_ = 0;
    std::uint64_t timestamp_next_ = 0;  // 0: as the clock says
    std::vector<std::uint64_t> pulses_;
    Prng prng_;
    StateMachineWorld engine_;
};

}  // namespace elytra::test
