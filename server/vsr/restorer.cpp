#include "server/vsr/restorer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/vsr/session_segments.hpp"

namespace elytra::vsr {
namespace {

// How many rows a table had whose segment has this size: whole chunks, then the rows of the last
// one. None when the last chunk does not end with a whole row.
std::optional<std::uint32_t> rows_of(const engine::Table& table, std::uint64_t size,
                                     std::uint32_t chunk_size) {
    const std::uint64_t rest = size % chunk_size;
    if (rest % table.row_size() != 0) return std::nullopt;
    const std::uint64_t rows = size / chunk_size * table.rows_per_chunk() + rest / table.row_size();
    if (rows >= engine::Table::row_count_max) return std::nullopt;
    return static_cast<std::uint32_t>(rows);
}

}  // namespace

void Restorer::start() {
    ELYTRA_ASSERT(status_ == RestoreStatus::idle);
    if (parts_.store.op() == Op{}) {
        status_ = RestoreStatus::done;
        return;
    }
    status_ = RestoreStatus::reading;
    if (!want_tables() || !want_session_rows()) {
        status_ = RestoreStatus::inconsistent;
        return;
    }
    advance();
}

std::optional<std::size_t> Restorer::find_segment(std::uint16_t id) const {
    const auto segments = parts_.store.segments();
    const auto found = std::ranges::find(segments, id, &storage::SegmentDescriptor::id);
    if (found == segments.end()) return std::nullopt;
    return static_cast<std::size_t>(found - segments.begin());
}

bool Restorer::want_tables() {
    std::vector<std::uint32_t> row_counts;
    for (const engine::Table* table : parts_.state_machine.tables()) {
        const auto segment = find_segment(static_cast<std::uint16_t>(table->id()));
        if (!segment.has_value()) return false;
        const std::uint64_t size = parts_.store.segments()[*segment].size;
        const auto rows = rows_of(*table, size, parts_.chunk_size);
        if (!rows.has_value()) return false;
        row_counts.push_back(*rows);
    }
    parts_.state_machine.restore_begin(row_counts);
    for (const engine::Table* table : parts_.state_machine.tables()) {
        const std::size_t segment = *find_segment(static_cast<std::uint16_t>(table->id()));
        const std::size_t chunks = parts_.store.segments()[segment].chunk_count;
        if (chunks != table->chunk_count()) return false;
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
            const auto into = parts_.state_machine.restore_chunk(table->id(), chunk);
            wanted_.push_back({.segment = segment, .chunk = chunk, .into = into});
        }
    }
    return true;
}

bool Restorer::want_session_rows() {
    session_rows_ = SectorBuffer(parts_.sessions.places().size() * sizeof(SessionRow));
    const auto segment = find_segment(segment_sessions);
    if (!segment.has_value()) return false;
    const std::uint64_t size = parts_.store.segments()[*segment].size;
    if (size != parts_.sessions.places().size() * sizeof(SessionRow)) return false;
    return want_segment(segment_sessions, session_rows_.bytes());
}

// Wants all of a segment, into consecutive bytes. False: there is no such segment, or no room for
// it.
bool Restorer::want_segment(std::uint16_t id, std::span<std::byte> into) {
    const auto segment = find_segment(id);
    if (!segment.has_value()) return false;
    const storage::SegmentDescriptor& descriptor = parts_.store.segments()[*segment];
    if (round_up<std::uint64_t>(descriptor.size, sector_size) > into.size()) return false;
    for (std::size_t chunk = 0; chunk < descriptor.chunk_count; ++chunk) {
        const std::size_t start = chunk * parts_.chunk_size;
        const std::size_t size = std::min<std::size_t>(into.size() - start, parts_.chunk_size);
        wanted_.push_back({.segment = *segment, .chunk = chunk, .into = into.subspan(start, size)});
    }
    return true;
}

void Restorer::advance() {
    if (status_ != RestoreStatus::reading) return;
    while (const auto read = parts_.store.next_read()) {
        ++completed_;
        if (read->fault.has_value() && !fault_.has_value()) fault_ = read->fault;
    }
    if (fault_.has_value()) {
        if (completed_ == requested_) status_ = RestoreStatus::damaged;
        return;
    }
    request_more();
    if (completed_ == wanted_.size()) on_all_read();
}

void Restorer::request_more() {
    while (requested_ < wanted_.size() && parts_.store.can_read()) {
        const Wanted& wanted = wanted_[requested_++];
        parts_.store.read_chunk(wanted.segment, wanted.chunk, wanted.into);
    }
}

// Twice: first the tables and the rows of the sessions, then the replies that those rows name.
void Restorer::on_all_read() {
    if (!sessions_opened_) {
        sessions_opened_ = true;
        if (!open_sessions()) {
            status_ = RestoreStatus::inconsistent;
            return;
        }
        request_more();
        if (completed_ < wanted_.size()) return;
    }
    const bool consistent = parts_.state_machine.restore_finish();
    status_ = consistent ? RestoreStatus::done : RestoreStatus::inconsistent;
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
    const auto id = narrow<std::uint16_t>(segment_reply_first + place);
    const auto segment = find_segment(id);
    const std::size_t size = message->body().size();
    if (size == 0) return !segment.has_value();
    if (!segment.has_value() || parts_.store.segments()[*segment].size != size) return false;
    return want_segment(id, message->body_capacity());
}

}  // namespace elytra::vsr
