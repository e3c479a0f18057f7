#include "server/wire/peer.hpp"

#include "server/common/assert.hpp"

namespace elytra::wire {

Verdict Peer::on_ping(ClientId client) {
    ELYTRA_ASSERT(client.value != 0);
    if (state_ == State::replica) return Verdict::close;
    if (state_ != State::unknown && client != client_) return Verdict::close;
    state_ = State::client;
    client_ = client;
    return Verdict::keep;
}

Verdict Peer::on_request(ClientId client) {
    ELYTRA_ASSERT(client.value != 0);
    if (state_ == State::replica) return Verdict::keep;
    if (state_ != State::unknown) return client == client_ ? Verdict::keep : Verdict::close;
    state_ = State::likely_client;
    client_ = client;
    return Verdict::keep;
}

Verdict Peer::on_replica_message(ReplicaIndex replica) {
    if (state_ == State::client) return Verdict::close;
    if (state_ == State::replica) return replica == replica_ ? Verdict::keep : Verdict::close;
    state_ = State::replica;
    replica_ = replica;
    return Verdict::keep;
}

std::optional<ClientId> Peer::client() const {
    if (state_ == State::likely_client || state_ == State::client) return client_;
    return std::nullopt;
}

}  // namespace elytra::wire
