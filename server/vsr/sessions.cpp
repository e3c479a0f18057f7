#include "server/vsr/sessions.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/wire/operation.hpp"

namespace elytra::vsr {
namespace {

bool is_register(const wire::RequestHeader& request) {
    return request.operation == static_cast<std::uint8_t>(wire::Operation::register_session);
}

}  // namespace

Sessions::Sessions(std::uint32_t sessions_max) : places_(sessions_max) {
    ELYTRA_ASSERT(sessions_max > 0);
}

const Session* Sessions::find(ClientId client) const {
    ELYTRA_ASSERT(client.value != 0);
    const auto found = std::ranges::find(places_, client, &Session::client);
    return found == places_.end() ? nullptr : &*found;
}

Session* Sessions::find_place(ClientId client) { return const_cast<Session*>(find(client)); }

SessionVerdict Sessions::judge(const wire::RequestHeader& request) const {
    const Session* session = find(ClientId{request.client});
    if (session == nullptr) {
        return is_register(request) ? SessionVerdict::accept : SessionVerdict::evict_no_session;
    }
    if (!is_register(request)) {
        if (session->session > request.session) return SessionVerdict::evict_session_too_low;
        if (session->session < request.session) return SessionVerdict::drop;
    }
    const wire::ReplyHeader& last = session->last();
    if (last.frame.release != request.frame.release) return SessionVerdict::evict_release_mismatch;
    if (request.request < last.request) return SessionVerdict::drop;
    if (request.request == last.request) {
        const bool copy = request.frame.checksum == last.request_checksum;
        return copy ? SessionVerdict::resend : SessionVerdict::drop;
    }
    if (request.request > last.request + 1) return SessionVerdict::drop;
    return request.parent == last.context ? SessionVerdict::accept : SessionVerdict::drop;
}

Session& Sessions::place_of_oldest() {
    const auto op_of_last_reply = [](const Session& session) { return session.last().op; };
    return *std::ranges::min_element(places_, {}, op_of_last_reply);
}

std::optional<ClientId> Sessions::open(ClientId client, Op op, wire::MessageRef reply) {
    ELYTRA_ASSERT(find(client) == nullptr);
    std::optional<ClientId> pushed_out;
    Session* place = nullptr;
    if (count_ == places_.size()) {
        place = &place_of_oldest();
        pushed_out = place->client;
    } else {
        place = &*std::ranges::find(places_, ClientId{}, &Session::client);
        ++count_;
    }
    *place = Session{.client = client, .session = op.value, .reply = std::move(reply)};
    return pushed_out;
}

void Sessions::store_reply(ClientId client, wire::MessageRef reply) {
    Session* session = find_place(client);
    if (session == nullptr) return;
    ELYTRA_ASSERT(reply->header<wire::ReplyHeader>().op > session->last().op);
    session->reply = std::move(reply);
}

void Sessions::restore(std::size_t place, Session session) {
    ELYTRA_ASSERT(place < places_.size());
    ELYTRA_ASSERT(places_[place].client == ClientId{});
    ELYTRA_ASSERT(session.client.value != 0);
    places_[place] = std::move(session);
    ++count_;
}

}  // namespace elytra::vsr
