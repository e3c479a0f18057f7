#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/state_machine.hpp"
#include "server/wire/header.hpp"
#include "server/wire/operation.hpp"

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

// A state machine with the timestamps and pulses of a lone replica, whose wall clock the test
// moves.
class LedgerDriver {
public:
    struct Options {
        std::uint64_t wall = 0;  // nanoseconds
        std::uint32_t request_body_max = wire::body_size_max;
        Limits limits = limits_production();
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

    // Replaces the state machine by one that is restored from its tables; whether that succeeded.
    [[nodiscard]] bool restart();

    engine::StateMachine& state_machine() { return *state_machine_; }

private:
    std::unique_ptr<engine::StateMachine> make_state_machine() const;
    void run_pulses(std::uint64_t now);

    Options options_;
    std::uint64_t wall_;
    std::uint64_t timestamp_ = 0;
    std::uint64_t timestamp_next_ = 0;  // 0: as the clock says
    std::vector<std::byte> reply_;
    std::unique_ptr<engine::StateMachine> state_machine_;
};

// Restores `target` from the chunks of `source`; whether the target found them consistent.
[[nodiscard]] bool restore(const engine::StateMachine& source, engine::StateMachine& target);

}  // namespace elytra::test
