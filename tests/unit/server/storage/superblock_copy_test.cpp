#include "server/storage/superblock_copy.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/text.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::size_t copy_number_offset = 16;
constexpr std::size_t covered_from = 32;
constexpr std::size_t version_offset = 40;

SuperblockState example() {
    SuperblockState state;
    state.identity = {ClusterId{make_u128(1, 2)}, ReplicaIndex{1}, 3, false, 0x0011'0900};
    state.log_size = 64U << 20;
    state.evidence_sectors = 64;
    state.view = View{8};
    state.log_view = View{7};
    state.view_floor = View{3};
    state.commit_max = 1234;
    state.log_tail = Lsn{40960};
    state.checkpoint.op = Op{1200};
    state.checkpoint.timestamp = 99;
    state.checkpoint.id = make_u128(11, 12);
    state.checkpoint.header = wire::PrepareHeader{};
    state.checkpoint.header.op = 1200;
    state.checkpoint.manifest = {1U << 20, 4096, make_u128(21, 22)};
    state.checkpoint.previous_manifest = {2U << 20, 8192, make_u128(31, 32)};
    state.suffix_count = 2;
    state.suffix_headers[0] = wire::PrepareHeader{};
    state.suffix_headers[0].op = 1201;
    state.suffix_headers[1] = wire::PrepareHeader{};
    state.suffix_headers[1].op = 1202;
    state.sequence = 17;
    state.parent_checksum = make_u128(41, 42);
    return state;
}

struct Encoded {
    std::vector<std::byte> bytes = std::vector<std::byte>(superblock_copy_size);
    u128 checksum = 0;

    explicit Encoded(const SuperblockState& state, std::uint8_t copy_number = 2) {
        checksum = encode_superblock_copy(state, copy_number, bytes);
    }

    void reseal() {
        checksum = wire::checksum(std::span(bytes).subspan(covered_from));
        std::memcpy(bytes.data(), &checksum, sizeof(checksum));
    }
};

}  // namespace

TEST_CASE("a superblock copy decodes to what was encoded") {
    const SuperblockState state = example();
    const Encoded encoded(state);
    const auto copy = decode_superblock_copy(encoded.bytes);
    REQUIRE(copy.has_value());
    CHECK(copy->checksum == encoded.checksum);
    CHECK(copy->copy_number == 2);
    CHECK(copy->state.identity == state.identity);
    CHECK(copy->state.log_view == View{7});
    CHECK(copy->state.complete);
    CHECK(copy->state.checkpoint.previous_manifest == state.checkpoint.previous_manifest);
    CHECK(copy->state.suffix_headers[1].op == 1202);
    const Encoded again(copy->state);
    CHECK(again.bytes == encoded.bytes);
}

TEST_CASE("the bytes of a superblock copy are those of format version 3") {
    const Encoded encoded(example());
    const std::span<const std::byte> bytes = encoded.bytes;
    CHECK(std::memcmp(bytes.data() + 32, "ELYTRADB", 8) == 0);
    CHECK(wire::load<std::uint32_t>(bytes, version_offset) == 3);
    CHECK(wire::load<std::uint64_t>(bytes, 48) == 2);
    CHECK(wire::load<std::uint64_t>(bytes, 72) == 64U << 20);
    CHECK(wire::load<std::uint32_t>(bytes, 80) == 8);
    CHECK(wire::load<std::uint64_t>(bytes, 104) == 40960);
    CHECK(wire::load<std::uint64_t>(bytes, 112) == 17);
    CHECK(wire::load<std::uint64_t>(bytes, 1024 + 192) == 1201);
    CHECK(to_hex(encoded.checksum) == "f0f46c133c10d003c906fa18670ec926");
}

TEST_CASE("the copy number is data: any value is read, and the version stays the same") {
    Encoded encoded(example());
    for (unsigned number = 0; number < 256; ++number) {
        encoded.bytes[copy_number_offset] = static_cast<std::byte>(number);
        const auto copy = decode_superblock_copy(encoded.bytes);
        REQUIRE(copy.has_value());
        CHECK(copy->copy_number == number);
        CHECK(copy->checksum == encoded.checksum);
    }
}

TEST_CASE("a flipped bit anywhere else in a superblock copy makes it damaged") {
    Encoded encoded(example());
    for (std::size_t i = 0; i < encoded.bytes.size(); i += i < 2048 ? 1 : 61) {
        if (i == copy_number_offset) continue;
        CAPTURE(i);
        encoded.bytes[i] ^= std::byte{0x10};
        const auto copy = decode_superblock_copy(encoded.bytes);
        REQUIRE(!copy.has_value());
        CHECK(copy.error().kind == SuperblockDecodeError::Kind::damaged);
        encoded.bytes[i] ^= std::byte{0x10};
    }
}

TEST_CASE("an unknown format version is told apart from damage") {
    Encoded encoded(example());
    wire::store<std::uint32_t>(encoded.bytes, version_offset, format_version + 1);
    encoded.reseal();
    const auto copy = decode_superblock_copy(encoded.bytes);
    REQUIRE(!copy.has_value());
    CHECK(copy.error().kind == SuperblockDecodeError::Kind::unknown_version);
    CHECK(copy.error().version == format_version + 1);
}

TEST_CASE("a superblock copy with a right checksum and wrong fields is damaged") {
    struct Row {
        std::size_t offset;
        std::uint8_t value;
        const char* what;
    };

    const Row rows[] = {
        {64, 3, "replica not below the replica count"},
        {65, 0, "no replica at all"},
        {65, 7, "more replicas than there can be"},
        {66, 2, "neither standby nor not"},
        {67, 2, "neither complete nor not"},
        {68, 1, "one evidence sector"},
        {72, 1, "log size not in sectors"},
        {84, 9, "log_view above view"},
        {92, 68, "more headers than there is room for"},
        {104, 1, "log tail not on a sector"},
        {112, 0, "no sequence"},
        {120, 1, "op of the checkpoint differs from its header"},
        {200, 1, "padding"},
        {600, 1, "bytes before the headers"},
        {1024 + 512, 1, "bytes behind the headers"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Encoded encoded(example());
        encoded.bytes[row.offset] = static_cast<std::byte>(row.value);
        encoded.reseal();
        CHECK(!decode_superblock_copy(encoded.bytes).has_value());
    }
}
