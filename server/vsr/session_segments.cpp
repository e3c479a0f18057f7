#include "server/vsr/session_segments.hpp"

#include <cstring>

#include "server/wire/decode.hpp"

namespace elytra::vsr {

bool row_valid(const SessionRow& row) {
    if (row.reply.client == 0) {
        const SessionRow empty = SessionRow{.reply = {.frame = {.size = 0}}};
        return std::memcmp(&row, &empty, sizeof(row)) == 0;
    }
    return wire::header_intact(row.reply) && wire::well_formed(row.reply) && row.session != 0 &&
           row.session <= row.reply.op && row.reply.frame.size <= wire::message_size_max;
}

}  // namespace elytra::vsr
