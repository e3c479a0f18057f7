#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "server/common/limits.hpp"
#include "server/common/strong.hpp"
#include "server/wire/header.hpp"
#include "server/wire/message.hpp"

// The bytes of the log: records, and the evidence that they were completed (byte tables: README.md
// beside this file).
namespace elytra::storage {

inline constexpr std::size_t record_links_max = 16;
inline constexpr std::size_t evidence_links_max = 15;
inline constexpr std::uint32_t record_body_offset = 512;  // of a body in the header's own sector,
inline constexpr std::uint32_t record_inline_body_max = 3072;  // which it shares up to this size

// Whose log it is. A record of another file is as good as none.
struct LogIdentity {
    ClusterId cluster;
    ReplicaIndex replica;
};

// Names one record, so that its loss is noticed. Half a checksum recognises a lost prepare; what
// replaces it is accepted by its whole checksum only.
struct RecordLink {
    Lsn lsn{};
    Op op{};
    std::uint64_t checksum_half = 0;

    bool operator==(const RecordLink&) const = default;
};

// The statement "these are all records in [from, here)", newest first. `here` is the position of
// the record that carries the links, or the durable LSN of the evidence.
struct RecordLinks {
    Lsn from{};
    std::uint32_t count = 0;
    std::array<RecordLink, record_links_max> links{};
};

// A record: one sector of header, and the body in whole sectors behind it or inside the first one.
struct RecordHeader {
    Lsn lsn{};
    Lsn watermark{};  // everything below was durable when this record was submitted
    RecordLinks links{};
    wire::PrepareHeader prepare{};
};

// The durable statement that everything below `durable` is complete.
struct Evidence {
    std::uint64_t epoch = 0;
    Lsn durable{};
    View view{};
    RecordLinks links{};       // at most evidence_links_max
    u128 newest_checksum = 0;  // whole checksum of the newest link, 0 without links
};

// Bytes on the log of a message of this size (header and body).
constexpr std::uint32_t record_length(std::uint32_t message_size) {
    const std::uint32_t body_size = message_size - wire::header_size;
    if (body_size <= record_inline_body_max) return sector_size;
    return sector_size + round_up(body_size, sector_size);
}

constexpr bool record_body_inline(std::uint32_t message_size) {
    return record_length(message_size) == sector_size;
}

// Fills in [0, 512) and the checksum of the whole sector. Requires: the prepare header is in place
// in the last 256 bytes of the sector (`header.prepare` is not used), and what lies between is
// final.
void seal_record(const LogIdentity& identity, const RecordHeader& header,
                 std::span<std::byte> sector);

// Where the record in this sector says that it is, if it is one.
Lsn claimed_lsn(std::span<const std::byte> sector);

// The header of the record at `lsn`, if this sector is one. `record_size_max` bounds
// record_length().
std::optional<RecordHeader> decode_record(const LogIdentity& identity, Lsn lsn,
                                          std::span<const std::byte> sector,
                                          std::uint32_t record_size_max);

// Whether body and padding are what the header says. Requires: all record_length() bytes.
bool record_body_intact(const RecordHeader& header, std::span<const std::byte> record);

void encode_evidence(const LogIdentity& identity, const Evidence& evidence,
                     std::span<std::byte> sector);

std::optional<Evidence> decode_evidence(const LogIdentity& identity,
                                        std::span<const std::byte> sector);

// What format leaves in an evidence sector: valid and older than every real one, so that a sector
// that cannot be read is never taken for one that was never written.
Evidence evidence_as_formatted(std::uint32_t slot);

}  // namespace elytra::storage
