#include "server/inspect/session_report.hpp"

#include <cstring>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "server/wire/checksum.hpp"
#include "server/wire/header.hpp"

namespace elytra::inspect {

std::vector<SessionEntry> read_sessions(Content& content, const Limits& limits) {
    std::vector<SessionEntry> entries;
    const auto bytes = content.read_segment(vsr::segment_sessions);
    if (!bytes.has_value()) return entries;
    if (bytes->size() != limits.sessions_max * sizeof(vsr::SessionRow)) {
        content.add_damage(vsr::segment_sessions, fmt::format("{} bytes are not {} sessions",
                                                              bytes->size(), limits.sessions_max));
        return entries;
    }
    for (std::uint32_t slot = 0; slot < limits.sessions_max; ++slot) {
        SessionEntry entry{.slot = slot, .row = {}};
        std::memcpy(&entry.row, bytes->data() + slot * sizeof(entry.row), sizeof(entry.row));
        if (!vsr::row_valid(entry.row)) {
            content.add_damage(vsr::segment_sessions,
                               fmt::format("session {} makes no sense", slot));
        } else if (entry.row.reply.client != 0) {
            entries.push_back(entry);
        }
    }
    return entries;
}

std::optional<std::vector<std::byte>> read_reply(Content& content, const SessionEntry& entry) {
    const std::uint32_t segment = vsr::segment_reply_first + entry.slot;
    const wire::Frame& frame = entry.row.reply.frame;
    const std::uint32_t body_size = frame.size - wire::header_size;
    if (body_size == 0) return std::vector<std::byte>{};
    auto body = content.read_segment(segment);
    if (!body.has_value()) return std::nullopt;
    if (body->size() == body_size && wire::checksum(*body) == frame.checksum_body) return body;
    content.add_damage(segment,
                       fmt::format("it is not the body of the reply of session {}", entry.slot));
    return std::nullopt;
}

void check_session_chunks(Content& content) {
    for (const storage::SegmentPlace& place : content.manifest().places) {
        if (!is_about_sessions(place.id)) continue;
        for (std::size_t chunk = 0; chunk < place.chunk_count; ++chunk) {
            std::span<const std::byte> bytes;
            content.read_chunk(place.id, chunk, bytes);
        }
    }
}

}  // namespace elytra::inspect
