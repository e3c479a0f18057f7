#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "server/wire/header.hpp"

// How checkpoints hold the session table: one segment with a row for every place, and one segment
// for the reply body of each session, because bodies are up to 1 MiB and are written from their own
// buffers. The ids lie between those that the engine gives its segments.
namespace elytra::vsr {

inline constexpr std::uint32_t segment_sessions = 0x100;
inline constexpr std::uint32_t segment_reply_first = 0x200;  // plus the place in the table

struct SessionRow {
    wire::ReplyHeader reply;  // client 0: the place is empty
    std::uint64_t session = 0;
    std::array<std::uint8_t, 248> reserved{};
};

static_assert(sizeof(SessionRow) == 512);
static_assert(std::has_unique_object_representations_v<SessionRow>);

// Whether a row read back can be trusted with opening a session. All zeros are an empty place.
bool row_valid(const SessionRow& row);

}  // namespace elytra::vsr
