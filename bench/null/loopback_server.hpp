#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/null/executor.hpp"
#include "server/common/int.hpp"
#include "server/io/asio.hpp"
#include "server/io/tcp.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"

namespace elytra::bench {

// A lone replica without a log: it takes requests from sockets as a real server does, checksums
// included, has them executed and answers. Sessions live in memory; a repeated request is answered
// by the reply it had. One thread; nothing survives it.
class LoopbackServer {
public:
    static constexpr std::size_t sessions_max = 64;     // the oldest is forgotten for a new one
    static constexpr std::size_t connections_max = 64;  // one more is closed at once

    // The executor outlives the server.
    explicit LoopbackServer(Executor& executor);
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;
    ~LoopbackServer();

    // Takes connections from now on. Requires: opened, closed before the server is destroyed.
    void serve(io::Listener& listener);

private:
    class Peer;

    struct Session {
        u128 client = 0;
        std::uint32_t request = 0;  // the newest one
        wire::MessageRef reply;     // to it
    };

    void accept(io::Socket socket);
    void drop(const Peer& peer);

    void on_message(Peer& peer, const wire::Message& message);
    void on_ping(Peer& peer, const wire::PingClientHeader& ping);
    void on_request(Peer& peer, const wire::Message& message);
    void evict(Peer& peer, const wire::RequestHeader& request, wire::EvictionReason reason);

    // The session of a request that is to be answered now; nullptr where it was answered or evicted
    // already.
    Session* session_for(Peer& peer, const wire::RequestHeader& request);
    wire::MessageRef execute(const wire::Message& request);

    Executor& executor_;
    wire::MessagePool pool_;
    std::vector<Session> sessions_;  // in the order of their registration
    std::vector<std::unique_ptr<Peer>> peers_;
    std::uint64_t op_ = 0;
};

}  // namespace elytra::bench
