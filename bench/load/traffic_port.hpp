#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "server/common/result.hpp"
#include "server/wire/message.hpp"
#include "server/wire/operation.hpp"

namespace elytra::bench {

// The way of one session to the cluster: a session of our own, or a driver behind pipes. Lives on
// the loop of its worker; one request at a time. Must not be destroyed by its own events.
class TrafficPort {
public:
    // The results of an answer, one after another, valid during the call; or why the session has
    // ended.
    using Reply = Result<std::span<const std::byte>, std::string>;

    using OnReady = std::function<void(const Result<void, std::string>&)>;
    using OnReply = std::function<void(const Reply&)>;

    TrafficPort() = default;
    TrafficPort(const TrafficPort&) = delete;
    TrafficPort& operator=(const TrafficPort&) = delete;
    virtual ~TrafficPort() = default;

    // Reports when the session is registered. Once, first.
    virtual void connect(OnReady on_ready) = 0;

    // Room for a request besides the one in flight; at most one is held, and returned before the
    // port is destroyed.
    virtual wire::MessageRef acquire() = 0;

    // Requires: idle(), no failure(), client::prepare_request(), a body valid for the operation.
    virtual void submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply) = 0;

    // Ends the session. Nothing is reported any more.
    virtual void close() = 0;

    // Registered, with nothing in flight.
    virtual bool idle() const = 0;

    // Why the session has ended, if it has.
    virtual std::optional<std::string> failure() const = 0;

    // The largest number of events in one batch. Requires: registered, not a control operation.
    virtual std::uint32_t events_max(wire::Operation operation) const = 0;

    // How it stands, for the text of a time-out.
    virtual std::string describe() const = 0;
};

}  // namespace elytra::bench
