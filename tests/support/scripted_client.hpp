#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/common/strong.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"
#include "server/wire/operation.hpp"
#include "server/wire/release.hpp"

namespace elytra::test {

// A client that sends what a test tells it to, right or wrong, and keeps only what the next request
// needs.
class ScriptedClient {
public:
    explicit ScriptedClient(ClientId id) : id_(id) {}

    ClientId id() const { return id_; }

    std::uint64_t session() const { return session_; }

    std::uint32_t request() const { return request_; }

    wire::MessageRef make_register(wire::MessagePool& pool) const;

    // The next request; take() its reply before the one after it.
    wire::MessageRef make_request(wire::MessagePool& pool, wire::Operation operation,
                                  std::span<const std::byte> body = {});

    wire::MessageRef make_ping(wire::MessagePool& pool) const;

    // The reply to the last request.
    void take(const wire::ReplyHeader& reply);

    // A header that the fields of this client fill, to be changed and sealed by the test.
    wire::RequestHeader header(wire::Operation operation, std::size_t body_size) const;

private:
    ClientId id_;
    std::uint64_t session_ = 0;
    std::uint32_t request_ = 0;  // of the last request made
    u128 parent_ = 0;
};

// Puts a request together and seals it.
wire::MessageRef seal_request(wire::MessagePool& pool, wire::RequestHeader header,
                              std::span<const std::byte> body);

}  // namespace elytra::test
