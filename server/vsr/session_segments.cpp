#include "server/vsr/session_segments.hpp"

#include <cstring>
#include <utility>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/wire/decode.hpp"

namespace elytra::vsr {

void add_sessions(engine::Snapshot& snapshot, const Sessions& sessions) {
    const std::span<const Session> places = sessions.places();
    SectorBuffer rows(places.size() * sizeof(SessionRow));
    for (std::size_t place = 0; place < places.size(); ++place) {
        const Session& session = places[place];
        if (session.client == ClientId{}) continue;
        SessionRow row;
        row.reply = session.last();
        row.session = session.session;
        std::memcpy(rows.bytes().data() + place * sizeof(SessionRow), &row, sizeof(row));
        snapshot.add_message_body(narrow<std::uint16_t>(segment_reply_first + place),
                                  session.reply);
    }
    snapshot.add_bytes(segment_sessions, std::move(rows), places.size() * sizeof(SessionRow));
}

bool row_valid(const SessionRow& row) {
    if (row.reply.client == 0) {
        const SessionRow empty = SessionRow{.reply = {.frame = {.size = 0}}};
        return std::memcmp(&row, &empty, sizeof(row)) == 0;
    }
    return wire::header_intact(row.reply) && wire::well_formed(row.reply) && row.session != 0 &&
           row.session <= row.reply.op && row.reply.frame.size <= wire::message_size_max;
}

}  // namespace elytra::vsr
