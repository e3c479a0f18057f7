#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/io/message_reader.hpp"
#include "server/io/tcp.hpp"
#include "server/wire/message.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

namespace elytra::test {

// A server for tests of clients, on the loop of the test: it keeps accounts and transfers in maps,
// creates whatever has a new id, and knows no rules. It can be told to misbehave.
class FakeServer {
public:
    // What happens to a request instead of its execution.
    enum class Mishap : std::uint8_t { none, ignore, close, evict, hold };

    explicit FakeServer(io::asio::io_context& loop);
    ~FakeServer();

    io::Address address() const { return listener_.address(); }

    // Executes the requests held back, in the order of their arrival.
    void release();

    // Asked before each request.
    std::function<Mishap(wire::Operation)> mishap;

    std::map<u128, wire::Account> accounts;
    std::map<u128, wire::Transfer> transfers;

    std::uint32_t requests_received = 0;
    std::uint32_t batch_size_limit = wire::body_size_max;

private:
    class Peer;

    struct Held {
        Peer* peer;
        wire::MessageRef request;
    };

    void receive(Peer& peer, const wire::MessageRef& request);
    void answer(Peer& peer, const wire::Message& request);
    void evict(Peer& peer, const wire::RequestHeader& asked);
    std::vector<std::byte> execute(wire::Operation operation, std::span<const std::byte> body);
    std::vector<std::byte> results_of(wire::Operation operation, std::span<const std::byte> events);
    void apply(const wire::Transfer& transfer);

    wire::MessagePool pool_;
    io::Listener listener_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<Held> held_;
    std::vector<std::byte> reply_space_ = std::vector<std::byte>(wire::body_size_max);
    std::uint64_t op_ = 1;
};

}  // namespace elytra::test
