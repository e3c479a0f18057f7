#pragma once

#include <cstdint>
#include <optional>

#include "server/common/strong.hpp"

namespace elytra::wire {

// What becomes of a connection after a message.
enum class Verdict : std::uint8_t { keep, close };

// Who is at the other end of one connection. There is no login: the headers that arrive tell. A
// request proves less than a ping, because a replica may forward it; but two clients never share a
// connection.
class Peer {
public:
    Verdict on_ping(ClientId client);
    Verdict on_request(ClientId client);
    Verdict on_replica_message(ReplicaIndex replica);

    // The client to send replies to over this connection.
    std::optional<ClientId> client() const;

private:
    enum class State : std::uint8_t { unknown, likely_client, client, replica };

    State state_ = State::unknown;
    ClientId client_{};       // in the two client states
    ReplicaIndex replica_{};  // in the state replica
};

}  // namespace elytra::wire
