#include "server/vsr/checkpoint_sessions.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/vsr/session_segments.hpp"

namespace elytra::vsr {

void CheckpointSessions::hold(const Sessions& sessions) {
    release();
    const std::span<const Session> places = sessions.places();
    const std::size_t size = places.size() * sizeof(SessionRow);
    rows_ = SectorBuffer(size);
    for (std::size_t place = 0; place < places.size(); ++place) {
        const Session& session = places[place];
        if (session.client == ClientId{}) continue;
        SessionRow row;
        row.reply = session.last();
        row.session = session.session;
        std::memcpy(rows_.bytes().data() + place * sizeof(SessionRow), &row, sizeof(row));
        const std::size_t body_size = session.reply->body().size();
        if (body_size == 0) continue;
        replies_.push_back(session.reply);
        add_segment(segment_reply_first + narrow<std::uint32_t>(place),
                    session.reply->body_capacity(), body_size);
    }
    add_segment(segment_sessions, rows_.bytes(), size);
}

void CheckpointSessions::release() {
    segments_.clear();
    replies_.clear();
}

// `size` bytes of meaning at the front of `bytes`.
void CheckpointSessions::add_segment(std::uint32_t id, std::span<const std::byte> bytes,
                                     std::size_t size) {
    storage::Segment segment{.id = id, .chunks = {}};
    for (std::size_t start = 0; start < size; start += chunk_size_) {
        const auto chunk_size = std::min<std::size_t>(size - start, chunk_size_);
        segment.chunks.push_back(
            {.ref = {.size = narrow<std::uint32_t>(chunk_size)},
             .bytes = bytes.subspan(start, round_up<std::size_t>(chunk_size, sector_size))});
    }
    segments_.push_back(std::move(segment));
}

}  // namespace elytra::vsr
