#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/client/session.hpp"
#include "server/common/prng.hpp"
#include "server/common/result.hpp"
#include "server/io/address.hpp"
#include "server/io/asio.hpp"
#include "server/io/timer.hpp"
#include "server/wire/message.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/release.hpp"

namespace elytra::io {

class ClientLink;

struct ClientOptions {
    std::vector<Address> addresses;  // of all replicas, in their order; 1 to wire::addresses_max
    ClusterId cluster{};
    wire::Release release = wire::release_server;
};

// "the session was evicted: client_release_too_high (server release 0.17.9)"
std::string to_text(const client::Failure& failure);

// An answer, valid while the completion runs.
struct ClientReply {
    wire::Operation operation;
    const wire::Message& message;

    // The results, one after another, in the operation's form. Requires: not a control operation.
    std::span<const std::byte> results() const;
};

// One session with a cluster, on an io_context that several of them may share; not thread-safe. It
// connects to all addresses, connects again with a growing pause where a connection is lost, and
// repeats what is not answered, without end: the caller sets the limits of its patience. An
// eviction or a server that breaks the protocol ends it for good. Must not be destroyed by its own
// completions; close() may be called there.
class Client {
public:
    using OnRegistered = std::function<void(const Result<std::uint32_t, client::Failure>&)>;
    using OnReply = std::function<void(const Result<ClientReply, client::Failure>&)>;

    Client(asio::io_context& loop, const ClientOptions& options);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    // Connects and registers; reports the largest body of a request. Once.
    void connect(OnRegistered on_registered);

    // Sends one batch of events, whose answer comes to `on_reply`.
    // Requires: idle(), whole events, at most events_max().
    void submit(wire::Operation operation, std::span<const std::byte> events, OnReply on_reply);

    // The same without a copy: the events are written into a message of acquire() and prepared,
    // also while the previous request is in flight, so that nothing but the header is left to do
    // here. Requires: idle(), client::prepare_request(), a body valid for the operation and this
    // server.
    void submit(wire::Operation operation, wire::MessageRef request, OnReply on_reply);

    // Room for a request besides the one in flight. At most one is held at a time, and returned
    // before the client is destroyed.
    wire::MessageRef acquire();

    // Ends all connections. Nothing is reported any more.
    void close();

    bool idle() const { return session_.idle(); }

    // Why the session has ended, if it has.
    const std::optional<client::Failure>& failure() const { return failure_; }

    // The largest number of events in one batch. Requires: registered, not a control operation.
    std::uint32_t events_max(wire::Operation operation) const;

    // How it stands with each address, for the text of a time-out: "127.0.0.1:3001: Connection
    // refused".
    std::string describe_links() const;

private:
    friend class ClientLink;

    void on_link_up(std::uint8_t address);
    void on_link_down(std::uint8_t address);
    client::Verdict on_message(std::uint8_t address, const wire::MessageRef& message);
    std::uint64_t reconnect_delay(std::uint32_t attempts);

    wire::MessagePool& messages() { return messages_; }

    bool closed() const { return closed_; }

    void on_timer();
    void perform_effects();
    void fail(const client::Failure& failure);
    void arm_timer();
    Instant next_deadline() const;

    Timer timer_;
    Instant timer_at_ = client::never;  // when the timer fires; it may be earlier than needed
    wire::MessagePool control_messages_;
    wire::MessagePool messages_;
    Prng prng_;
    client::Session session_;
    std::vector<std::unique_ptr<ClientLink>> links_;
    std::optional<client::Failure> failure_;
    bool closed_ = false;

    OnRegistered on_registered_;
    wire::Operation operation_{};  // in flight, as is the next
    OnReply on_reply_;
};

}  // namespace elytra::io
