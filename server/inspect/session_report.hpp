#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/common/limits.hpp"
#include "server/inspect/content.hpp"
#include "server/vsr/session_segments.hpp"

namespace elytra::inspect {

// A client's session in a checkpoint.
struct SessionEntry {
    std::uint32_t slot = 0;
    vsr::SessionRow row;
};

// The places of the session table that are in use and make sense. Damage is added to that of
// `content`.
std::vector<SessionEntry> read_sessions(Content& content, const Limits& limits);

// The body of its last reply; no value if it is damaged, which is added to that of `content`.
std::optional<std::vector<std::byte>> read_reply(Content& content, const SessionEntry& entry);

// Verifies the chunks of sessions and replies, whatever they say: enough for the previous
// checkpoint.
void check_session_chunks(Content& content);

}  // namespace elytra::inspect
