#include "server/storage/log_format.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/text.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"
#include "tests/support/log_world.hpp"

using namespace elytra;
using namespace elytra::storage;
using namespace elytra::test;

namespace {

constexpr std::uint32_t record_size_max = record_length(16U << 10);
constexpr Lsn here{81920};

const RecordLinks two_links{
    .from = Lsn{40960},
    .count = 2,
    .links = {RecordLink{Lsn{77824}, Op{6}, 66}, RecordLink{Lsn{40960}, Op{5}, 55}}};

// The bytes of a record as they lie on the disk.
std::vector<std::byte> make_record(std::uint32_t body_size) {
    wire::MessagePool pool(1, 16U << 10);
    const wire::MessageRef message = make_prepare(pool, Op{7}, make_u128(3, 4), body_size, 42);
    const std::uint32_t size = message->frame().size;
    std::vector<std::byte> record(record_length(size));
    std::memcpy(record.data() + wire::Message::header_offset, message->bytes().data(),
                wire::header_size);
    const std::size_t body_offset = record_body_inline(size) ? record_body_offset : sector_size;
    std::ranges::copy(message->body(), record.begin() + static_cast<std::ptrdiff_t>(body_offset));
    const RecordHeader header{.lsn = here, .watermark = Lsn{65536}, .links = two_links};
    seal_record(log_identity_of_tests, header, std::span(record).first(sector_size));
    return record;
}

std::optional<RecordHeader> decode(const std::vector<std::byte>& record) {
    return decode_record(log_identity_of_tests, here, std::span(record).first(sector_size),
                         record_size_max);
}

bool intact(const std::vector<std::byte>& record) {
    const std::optional<RecordHeader> header = decode(record);
    return header.has_value() && record_body_intact(*header, record);
}

Evidence example_evidence() {
    Evidence evidence{.epoch = 70, .durable = here, .view = View{3}, .links = two_links};
    evidence.newest_checksum = make_u128(9, 66);
    return evidence;
}

std::vector<std::byte> make_evidence() {
    std::vector<std::byte> sector(sector_size);
    encode_evidence(log_identity_of_tests, example_evidence(), sector);
    return sector;
}

}  // namespace

TEST_CASE("bodies of up to 3 KiB share the sector of the record header") {
    struct Row {
        std::uint32_t body_size;
        std::uint32_t length;
    };

    const Row rows[] = {{0, 4096},
                        {1, 4096},
                        {3072, 4096},
                        {3073, 8192},
                        {4096, 8192},
                        {4097, 12288},
                        {wire::body_size_max, wire::message_size_max + 4096}};
    for (const Row& row : rows) {
        CAPTURE(row.body_size);
        CHECK(record_length(wire::header_size + row.body_size) == row.length);
    }
}

TEST_CASE("a record decodes to what was sealed") {
    for (const std::uint32_t body_size : {0U, 1U, 3072U, 3073U, 4096U, 9000U}) {
        CAPTURE(body_size);
        const std::vector<std::byte> record = make_record(body_size);
        const std::optional<RecordHeader> header = decode(record);
        REQUIRE(header.has_value());
        CHECK(header->lsn == here);
        CHECK(header->watermark == Lsn{65536});
        CHECK(header->links.from == two_links.from);
        CHECK(header->links.count == 2);
        CHECK(header->links.links == two_links.links);
        CHECK(header->prepare.op == 7);
        CHECK(record_body_intact(*header, record));
    }
}

TEST_CASE("the bytes of a record are those of format version 2") {
    const std::vector<std::byte> record = make_record(64);
    CHECK(wire::load<std::uint64_t>(record, 16) == 9);
    CHECK(wire::load<std::uint64_t>(record, 32) == here.value);
    CHECK(wire::load<std::uint64_t>(record, 40) == 65536);
    CHECK(wire::load<std::uint64_t>(record, 48) == 40960);
    CHECK(wire::load<std::uint32_t>(record, 56) == 4096);
    CHECK(wire::load<std::uint8_t>(record, 60) == 2);
    CHECK(wire::load<std::uint64_t>(record, 64) == 77824);
    CHECK(wire::load<std::uint64_t>(record, 72) == 6);
    CHECK(wire::load<std::uint64_t>(record, 80) == 66);
    CHECK(to_hex(wire::checksum(record)) == "c4103adbbf60e2b69e625093e897649c");
}

TEST_CASE("a flipped bit anywhere in a record is noticed") {
    for (const std::uint32_t body_size : {100U, 5000U}) {
        std::vector<std::byte> record = make_record(body_size);
        for (std::size_t i = 0; i < record.size(); ++i) {
            CAPTURE(i);
            record[i] ^= std::byte{0x04};
            CHECK(!intact(record));
            record[i] ^= std::byte{0x04};
        }
        CHECK(intact(record));
    }
}

TEST_CASE("a record counts only at its own position in its own file") {
    const std::vector<std::byte> record = make_record(100);
    const std::span<const std::byte> sector = std::span(record).first(sector_size);
    const LogIdentity other_cluster{ClusterId{1}, log_identity_of_tests.replica};
    const LogIdentity other_replica{log_identity_of_tests.cluster, ReplicaIndex{1}};
    const Lsn elsewhere{here.value + sector_size};
    CHECK(decode_record(log_identity_of_tests, here, sector, record_size_max).has_value());
    CHECK(!decode_record(log_identity_of_tests, elsewhere, sector, record_size_max).has_value());
    CHECK(!decode_record(other_cluster, here, sector, record_size_max).has_value());
    CHECK(!decode_record(other_replica, here, sector, record_size_max).has_value());
}

TEST_CASE("a record longer than the limits allow is none") {
    const std::vector<std::byte> record = make_record(9000);
    const std::span<const std::byte> sector = std::span(record).first(sector_size);
    CHECK(decode_record(log_identity_of_tests, here, sector, 16384).has_value());
    CHECK(!decode_record(log_identity_of_tests, here, sector, 12288).has_value());
}

TEST_CASE("an evidence sector decodes to what was encoded") {
    const std::vector<std::byte> sector = make_evidence();
    const std::optional<Evidence> evidence = decode_evidence(log_identity_of_tests, sector);
    REQUIRE(evidence.has_value());
    CHECK(evidence->epoch == 70);
    CHECK(evidence->durable == here);
    CHECK(evidence->view == View{3});
    CHECK(evidence->links.from == two_links.from);
    CHECK(evidence->links.links == two_links.links);
    CHECK(evidence->newest_checksum == make_u128(9, 66));
}

TEST_CASE("the bytes of an evidence sector are those of format version 2") {
    const std::vector<std::byte> sector = make_evidence();
    CHECK(wire::load<std::uint64_t>(sector, 32) == 70);
    CHECK(wire::load<std::uint64_t>(sector, 40) == here.value);
    CHECK(wire::load<std::uint32_t>(sector, 56) == 3);
    CHECK(wire::load<std::uint64_t>(sector, 64) == 66);
    CHECK(wire::load<std::uint64_t>(sector, 80) == 77824);
    CHECK(wire::all_zero(std::span(sector).subspan(512)));
    CHECK(to_hex(wire::checksum(sector)) == "b6d2c7c0fcd558f72a23c127974a6f5c");
}

TEST_CASE("a flipped bit anywhere in an evidence sector is noticed") {
    std::vector<std::byte> sector = make_evidence();
    for (std::size_t i = 0; i < sector.size(); ++i) {
        CAPTURE(i);
        sector[i] ^= std::byte{0x80};
        CHECK(!decode_evidence(log_identity_of_tests, sector).has_value());
        sector[i] ^= std::byte{0x80};
    }
}

TEST_CASE("a formatted evidence sector is valid, so that a blank one never is") {
    std::vector<std::byte> sector(sector_size);
    CHECK(!decode_evidence(log_identity_of_tests, sector).has_value());
    encode_evidence(log_identity_of_tests, evidence_as_formatted(3), sector);
    const std::optional<Evidence> evidence = decode_evidence(log_identity_of_tests, sector);
    REQUIRE(evidence.has_value());
    CHECK(evidence->epoch == 3);
    CHECK(evidence->durable == Lsn{0});
}
