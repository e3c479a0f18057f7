#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "server/client/retry.hpp"
#include "server/common/fixed_vector.hpp"
#include "server/common/prng.hpp"
#include "server/common/strong.hpp"
#include "server/common/time.hpp"
#include "server/wire/decode.hpp"
#include "server/wire/message.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/release.hpp"

namespace elytra::client {

struct SessionOptions {
    ClientId client{};  // random, not 0, never used before
    ClusterId cluster{};
    wire::Release release = wire::release_server;
    std::uint8_t address_count = 1;  // 1 to wire::addresses_max; address i is that of replica i
    std::uint64_t seed = 0;          // for choosing addresses and spreading retries
};

// Why a session has ended. All but `evicted` mean that the server does not keep to the protocol.
enum class FailureKind : std::uint8_t {
    evicted,
    reply_release_mismatch,
    reply_to_unknown_request,  // names a request that was never sent
    reply_to_other_request,    // right number, wrong request
    reply_operation_mismatch,
    reply_body_invalid,
    batch_size_limit_invalid,
};

struct Failure {
    FailureKind kind = FailureKind::evicted;
    wire::EvictionReason reason{};  // when evicted, as is the next
    wire::Release server_release{};

    bool operator==(const Failure&) const = default;
};

// What the owner must do next.
struct Send {
    std::uint8_t address = 0;
    wire::MessageRef message;
};

// The session exists, and requests may follow.
struct Registered {
    std::uint32_t batch_size_limit = 0;  // largest body of a request, bytes
};

// The request in flight is answered.
struct Completed {
    wire::MessageRef reply;
};

// The session has ended: it sends nothing any more and takes nothing.
struct Failed {
    Failure failure;
};

using Effect = std::variant<Send, Registered, Completed, Failed>;

// A first transmission to a reconnected address or a hedged retry, a ping to each address, one end.
inline constexpr std::size_t effects_max = wire::addresses_max + 3;
using Effects = FixedVector<Effect, effects_max>;

// What became of a received message.
enum class Verdict : std::uint8_t {
    taken,
    ignored,           // duplicate, for somebody else or malformed: without effect
    close_connection,  // from another cluster: nothing on this connection is for us
};

// The client's side of a session: registers, keeps one request in flight, repeats it byte for byte
// until its reply comes, and follows the view. It has no socket and no clock: inputs are calls, and
// what they cause waits in take_effects(), which the owner empties before the next input. Nothing
// that a server sends aborts us: it ends in a Verdict, or in Failed, after which nothing follows.
class Session {
public:
    // `pool` gives the messages of the register request, which is returned once answered, and of
    // pings, which are left out while it is empty. Outlives the session; must not be empty now.
    Session(const SessionOptions& options, wire::MessagePool& pool);

    // The request, prepared by prepare_request(), is not touched any more until it is answered.
    // Requires: idle(), wire::body_valid(), a body within batch_size_limit().
    void submit(wire::Operation operation, wire::MessageRef request, Instant now);

    // The first connection gets the register request at once, a later one what the previous one may
    // have lost. Requires: connected and disconnected in turn.
    void on_connected(std::uint8_t address, Instant now);

    void on_disconnected(std::uint8_t address);

    // Requires: wire::decode_header() and wire::body_intact() have accepted the message.
    Verdict on_message(std::uint8_t address, const wire::MessageRef& message, Instant now);

    // Repeats the request and pings where that is due. To be called at deadline(); earlier does no
    // harm.
    void on_tick(Instant now);

    // `never` when there is nothing to do without another input.
    Instant deadline() const;

    Effects take_effects();

    // Registered, with nothing in flight: submit() is possible.
    bool idle() const { return state_ == State::idle; }

    bool failed() const { return state_ == State::failed; }

    // Largest body of a request, bytes; 0 until registered.
    std::uint32_t batch_size_limit() const { return batch_size_limit_; }

private:
    enum class State : std::uint8_t { registering, idle, waiting, failed };

    void create_register();
    void start(wire::Operation operation, wire::MessageRef request);
    void transmit(std::uint8_t address);
    void transmit_first(Instant now);
    void retransmit(Instant now);
    void schedule_retry(Instant now);
    void ping(std::uint8_t address, Instant now);
    Verdict on_pong(std::uint8_t address, const wire::PongClientHeader& header, Instant now);
    Verdict on_eviction(const wire::EvictionHeader& header);
    Verdict on_reply(const wire::MessageRef& message, Instant now);
    Verdict on_reply_in_flight(const wire::MessageRef& message, Instant now);
    bool take_registration(const wire::Message& reply);
    Verdict fail(Failure failure);

    bool in_flight() const { return state_ == State::registering || state_ == State::waiting; }

    std::uint8_t primary() const;

    bool connected(std::uint8_t address) const { return (connected_ >> address & 1U) != 0; }

    // A random address out of a set of bits. Requires: the set is not empty.
    std::uint8_t choose(std::uint32_t addresses);

    SessionOptions options_;
    wire::MessagePool& pool_;
    Prng prng_;
    Effects effects_;

    State state_ = State::registering;
    wire::Operation operation_ = wire::Operation::register_session;
    wire::MessageRef request_;          // while in flight
    std::uint32_t request_number_ = 0;  // of the last request started
    u128 parent_ = 0;                   // context of the last reply
    std::uint64_t session_ = 0;
    std::uint32_t batch_size_limit_ = 0;
    std::uint32_t view_ = 0;  // highest seen

    std::uint32_t connected_ = 0;  // one bit an address
    std::uint32_t carrying_ = 0;   // addresses whose present connection has carried the request
    std::uint32_t transmissions_ = 0;
    Instant started_;
    Instant retry_at_;
    std::uint32_t latency_microseconds_ = 0;  // of the previous request

    Instant ping_at_;
    RoundTrips round_trips_;
    std::array<Instant, wire::addresses_max> pinged_;
};

}  // namespace elytra::client
