#include "server/storage/log_format.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/decode.hpp"

namespace elytra::storage {

namespace {

using wire::all_zero;

struct RecordImage {
    u128 checksum = 0;  // of the rest of the sector
    u128 cluster = 0;
    std::uint64_t lsn = 0;
    std::uint64_t watermark = 0;
    std::uint64_t links_from = 0;
    std::uint32_t length = 0;
    std::uint8_t link_count = 0;
    std::uint8_t replica = 0;
    std::array<std::uint8_t, 2> padding{};
    std::array<RecordLink, record_links_max> links{};
    std::array<std::uint8_t, 64> reserved{};
};

struct EvidenceImage {
    u128 checksum = 0;  // of the rest of the first 512 bytes
    u128 cluster = 0;
    std::uint64_t epoch = 0;
    std::uint64_t durable = 0;
    std::uint64_t links_from = 0;
    std::uint32_t view = 0;
    std::uint8_t link_count = 0;
    std::uint8_t replica = 0;
    std::array<std::uint8_t, 2> padding{};
    u128 newest_checksum = 0;
    std::array<RecordLink, evidence_links_max> links{};
    std::array<std::uint8_t, 72> reserved{};
};

// Devices write half a kilobyte atomically, so that evidence is never torn: it is old or new.
constexpr std::size_t evidence_size = 512;

static_assert(sizeof(RecordLink) == 24 && std::has_unique_object_representations_v<RecordLink>);
static_assert(std::has_unique_object_representations_v<RecordImage>);
static_assert(std::has_unique_object_representations_v<EvidenceImage>);
static_assert(offsetof(RecordImage, lsn) == 32 && offsetof(RecordImage, length) == 56);
static_assert(offsetof(RecordImage, links) == 64 && sizeof(RecordImage) == record_body_offset);
static_assert(offsetof(EvidenceImage, epoch) == 32 && offsetof(EvidenceImage, view) == 56);
static_assert(offsetof(EvidenceImage, links) == 80 && sizeof(EvidenceImage) == evidence_size);
static_assert(record_body_offset + record_inline_body_max <= wire::Message::header_offset);

// Whether the names are in order and inside [from, here), as every writer makes them.
bool links_valid(const RecordLinks& links, Lsn here, std::size_t links_max) {
    if (links.count > links_max || links.from > here) return false;
    Lsn above = here;
    for (std::uint32_t i = 0; i < links.count; ++i) {
        const RecordLink& link = links.links[i];
        if (link.lsn >= above || link.lsn < links.from || link.op.value == 0) return false;
        if (link.lsn.value % sector_size != 0) return false;
        above = link.lsn;
    }
    const auto unused = std::span(links.links).subspan(links.count);
    return std::ranges::all_of(unused, [](const RecordLink& link) { return link == RecordLink{}; });
}

template <std::size_t size>
RecordLinks to_links(std::uint64_t from, std::uint8_t count,
                     const std::array<RecordLink, size>& links) {
    RecordLinks result{.from = Lsn{from}, .count = count};
    std::ranges::copy(links, result.links.begin());
    return result;
}

bool prepare_valid(const LogIdentity& identity, const wire::PrepareHeader& prepare,
                   std::uint32_t record_size_max) {
    const wire::Frame& frame = prepare.frame;
    if (frame.command != static_cast<std::uint8_t>(wire::Command::prepare)) return false;
    if (frame.cluster != identity.cluster.value || prepare.op == 0) return false;
    if (frame.size < wire::header_size || frame.size > wire::message_size_max) return false;
    return record_length(frame.size) <= record_size_max && wire::header_intact(prepare);
}

}  // namespace

void seal_record(const LogIdentity& identity, const RecordHeader& header,
                 std::span<std::byte> sector) {
    ELYTRA_ASSERT(sector.size() == sector_size);
    ELYTRA_ASSERT(header.lsn.value % sector_size == 0);
    ELYTRA_ASSERT(links_valid(header.links, header.lsn, record_links_max));
    wire::Frame frame;
    std::memcpy(&frame, sector.data() + wire::Message::header_offset, sizeof(frame));
    RecordImage image;
    image.cluster = identity.cluster.value;
    image.lsn = header.lsn.value;
    image.watermark = header.watermark.value;
    image.links_from = header.links.from.value;
    image.length = record_length(frame.size);
    image.link_count = static_cast<std::uint8_t>(header.links.count);
    image.replica = identity.replica.value;
    image.links = header.links.links;
    std::memcpy(sector.data(), &image, sizeof(image));
    const u128 checksum = wire::checksum(sector.subspan(sizeof(u128)));
    std::memcpy(sector.data(), &checksum, sizeof(checksum));
}

Lsn claimed_lsn(std::span<const std::byte> sector) {
    ELYTRA_ASSERT(sector.size() == sector_size);
    return Lsn{wire::load<std::uint64_t>(sector, offsetof(RecordImage, lsn))};
}

std::optional<RecordHeader> decode_record(const LogIdentity& identity, Lsn lsn,
                                          std::span<const std::byte> sector,
                                          std::uint32_t record_size_max) {
    ELYTRA_ASSERT(sector.size() == sector_size);
    // Nearly every sector that is not a record fails here, which keeps the scan of a blank log
    // cheap.
    if (claimed_lsn(sector) != lsn) return {};
    RecordImage image;
    std::memcpy(&image, sector.data(), sizeof(image));
    if (image.checksum != wire::checksum(sector.subspan(sizeof(u128)))) return {};
    if (image.cluster != identity.cluster.value) return {};
    if (image.replica != identity.replica.value) return {};
    if (!all_zero(image.padding) || !all_zero(image.reserved)) return {};
    RecordHeader header{.lsn = lsn,
                        .watermark = Lsn{image.watermark},
                        .links = to_links(image.links_from, image.link_count, image.links)};
    std::memcpy(&header.prepare, sector.data() + wire::Message::header_offset,
                sizeof(header.prepare));
    if (header.watermark > lsn || !links_valid(header.links, lsn, record_links_max)) return {};
    if (!prepare_valid(identity, header.prepare, record_size_max)) return {};
    if (image.length != record_length(header.prepare.frame.size)) return {};
    return header;
}

bool record_body_intact(const RecordHeader& header, std::span<const std::byte> record) {
    const wire::Frame& frame = header.prepare.frame;
    ELYTRA_ASSERT(record.size() == record_length(frame.size));
    const std::size_t body_size = frame.size - wire::header_size;
    const std::span<const std::byte> record_area =
        record.subspan(record_body_offset, wire::Message::header_offset - record_body_offset);
    const bool is_inline = record_body_inline(frame.size);
    const std::span<const std::byte> body_area =
        is_inline ? record_area : record.subspan(sector_size);
    if (!is_inline && !all_zero(record_area)) return false;
    if (!all_zero(body_area.subspan(body_size))) return false;
    return wire::checksum(body_area.first(body_size)) == frame.checksum_body;
}

void encode_evidence(const LogIdentity& identity, const Evidence& evidence,
                     std::span<std::byte> sector) {
    ELYTRA_ASSERT(sector.size() == sector_size);
    ELYTRA_ASSERT(links_valid(evidence.links, evidence.durable, evidence_links_max));
    EvidenceImage image;
    image.cluster = identity.cluster.value;
    image.epoch = evidence.epoch;
    image.durable = evidence.durable.value;
    image.links_from = evidence.links.from.value;
    image.view = evidence.view.value;
    image.link_count = static_cast<std::uint8_t>(evidence.links.count);
    image.replica = identity.replica.value;
    image.newest_checksum = evidence.newest_checksum;
    std::ranges::copy(std::span(evidence.links.links).first(evidence_links_max),
                      image.links.begin());
    std::ranges::fill(sector, std::byte{0});
    std::memcpy(sector.data(), &image, sizeof(image));
    const u128 checksum = wire::checksum(sector.first(evidence_size).subspan(sizeof(u128)));
    std::memcpy(sector.data(), &checksum, sizeof(checksum));
}

std::optional<Evidence> decode_evidence(const LogIdentity& identity,
                                        std::span<const std::byte> sector) {
    ELYTRA_ASSERT(sector.size() == sector_size);
    EvidenceImage image;
    std::memcpy(&image, sector.data(), sizeof(image));
    const std::span<const std::byte> covered = sector.first(evidence_size).subspan(sizeof(u128));
    if (image.checksum != wire::checksum(covered)) return {};
    if (image.cluster != identity.cluster.value) return {};
    if (image.replica != identity.replica.value) return {};
    if (!all_zero(image.padding) || !all_zero(image.reserved)) return {};
    if (!all_zero(sector.subspan(evidence_size))) return {};
    Evidence evidence{.epoch = image.epoch,
                      .durable = Lsn{image.durable},
                      .view = View{image.view},
                      .links = to_links(image.links_from, image.link_count, image.links),
                      .newest_checksum = image.newest_checksum};
    if (!links_valid(evidence.links, evidence.durable, evidence_links_max)) return {};
    const std::uint64_t newest_half =
        evidence.links.count == 0 ? 0 : evidence.links.links[0].checksum_half;
    if (low_half(evidence.newest_checksum) != newest_half) return {};
    return evidence;
}

Evidence evidence_as_formatted(std::uint32_t slot) { return Evidence{.epoch = slot}; }

}  // namespace elytra::storage
