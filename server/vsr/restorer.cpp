#include "server/vsr/restorer.hpp"

#include <cstring>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/vsr/session_segments.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::vsr {
namespace {

constexpr std::uint32_t reads_max = 8;

}  // namespace

Restorer::Restorer(const Parts& parts)
    : parts_(parts), reader_(storage::IoOwner::session_restore, reads_max, parts.io) {}

void Restorer::start() {
    ELYTRA_ASSERT(status_ == RestoreStatus::idle);
    if (parts_.store.op() == Op{}) {
        status_ = RestoreStatus::done;
        return;
    }
    status_ = RestoreStatus::reading;
    if (!want_session_rows()) {
        status_ = RestoreStatus::inconsistent;
        return;
    }
    request_more();
}

bool Restorer::want_session_rows() {
    const std::size_t size = parts_.sessions.places().size() * sizeof(SessionRow);
    session_rows_ = SectorBuffer(size);
    return want_segment(segment_sessions, size, session_rows_.bytes());
}

// Wants all of a segment, into consecutive bytes. False: there is no such segment, or it has not
// exactly this size, or its chunks cannot be read one behind the other.
bool Restorer::want_segment(std::uint32_t id, std::uint64_t size, std::span<std::byte> into) {
    const auto chunks = parts_.store.find(id);
    if (!chunks.has_value()) return false;
    std::uint64_t start = 0;
    std::uint32_t index = 0;
    for (const storage::BlockRef& ref : *chunks) {
        if (start % sector_size != 0) return false;
        if (start + ref.size_on_disk() > into.size()) return false;
        wanted_.push_back({.ref = ref,
                           .segment_id = id,
                           .index = index++,
                           .into = into.subspan(start, ref.size_on_disk())});
        start += ref.size;
    }
    return start == size;
}

void Restorer::on_io_done(storage::IoToken token) {
    ELYTRA_ASSERT(status_ == RestoreStatus::reading);
    reader_.on_io_done(token);
    while (const auto done = reader_.next_done()) check(wanted_[*done]);
    advance();
}

void Restorer::check(const Wanted& read) {
    if (fault_.has_value() || wire::checksum(read.into) == read.ref.checksum) return;
    fault_ = storage::StoreFault{.part = storage::StoreFault::Part::chunk,
                                 .reason = storage::StoreFault::Reason::checksum,
                                 .offset = read.ref.offset,
                                 .size = read.ref.size_on_disk(),
                                 .segment_id = read.segment_id,
                                 .index = read.index};
}

// Twice: first the rows of the sessions, then the replies that those rows name.
void Restorer::advance() {
    if (fault_.has_value()) {
        if (reader_.pending() == 0) status_ = RestoreStatus::damaged;
        return;
    }
    request_more();
    if (reader_.pending() > 0) return;
    if (!sessions_opened_) {
        sessions_opened_ = true;
        if (!open_sessions()) {
            status_ = RestoreStatus::inconsistent;
            return;
        }
        request_more();
        if (reader_.pending() > 0) return;
    }
    status_ = RestoreStatus::done;
}

void Restorer::request_more() {
    while (requested_ < wanted_.size() && reader_.can_read()) {
        const Wanted& wanted = wanted_[requested_];
        reader_.read(narrow<std::uint32_t>(requested_), wanted.ref.offset, wanted.into);
        ++requested_;
    }
}

bool Restorer::open_sessions() {
    for (std::size_t place = 0; place < parts_.sessions.places().size(); ++place) {
        SessionRow row;
        std::memcpy(&row, session_rows_.bytes().data() + place * sizeof(row), sizeof(row));
        if (!row_valid(row)) return false;
        const ClientId client{row.reply.client};
        if (client == ClientId{}) continue;
        if (parts_.sessions.find(client) != nullptr) return false;
        wire::MessageRef message = parts_.pool.acquire();
        message->header<wire::ReplyHeader>() = row.reply;
        parts_.sessions.restore(place,
                                {.client = client, .session = row.session, .reply = message});
        if (!want_reply(place, std::move(message))) return false;
    }
    return true;
}

// The body that a reply header announces. Requires: the session holds the message.
bool Restorer::want_reply(std::size_t place, wire::MessageRef message) {
    const std::uint32_t id = segment_reply_first + narrow<std::uint32_t>(place);
    const std::size_t size = message->body().size();
    if (size == 0) return !parts_.store.find(id).has_value();
    return want_segment(id, size, message->body_capacity());
}

}  // namespace elytra::vsr
