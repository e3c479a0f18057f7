#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/strong.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"

namespace elytra::vsr {

// What the session table says of a request (wire spec, 4.4).
enum class SessionVerdict : std::uint8_t {
    accept,
    drop,
    resend,  // a copy of the last executed request: answer from the store
    evict_no_session,
    evict_session_too_low,
    evict_release_mismatch,
};

// One client's place in the table. `reply` is the answer to its last executed request; the session
// number is the op of its register.
struct Session {
    ClientId client;
    std::uint64_t session = 0;
    wire::MessageRef reply;

    const wire::ReplyHeader& last() const { return reply->header<wire::ReplyHeader>(); }
};

// The replicated table of client sessions with the last reply of each: part of the state, so the
// same ops leave the same table on every replica. When it is full, a register pushes out the
// session whose last reply has the smallest op. One thread.
class Sessions {
public:
    explicit Sessions(std::uint32_t sessions_max);

    std::size_t size() const { return count_; }

    const Session* find(ClientId client) const;

    // Judges a request by committed state alone; what is still in the pipeline is the caller's
    // business.
    SessionVerdict judge(const wire::RequestHeader& request) const;

    // Executes a register: makes room if needed and opens session number `op`. Returns the client
    // that was pushed out. Requires: no session of this client.
    std::optional<ClientId> open(ClientId client, Op op, wire::MessageRef reply);

    // Replaces the stored reply of a client; does nothing when its session has been pushed out
    // meanwhile.
    void store_reply(ClientId client, wire::MessageRef reply);

    // The places of the table in order, empty ones with client 0. Places are part of the state.
    std::span<const Session> places() const { return places_; }

    // Puts back what a checkpoint held. Requires: the place is empty.
    void restore(std::size_t place, Session session);

private:
    Session* find_place(ClientId client);
    Session& place_of_oldest();

    std::vector<Session> places_;
    std::size_t count_ = 0;
};

}  // namespace elytra::vsr
