#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/storage/log_format.hpp"
#include "server/storage/superblock_copy.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr LogIdentity identity{ClusterId{5}, ReplicaIndex{0}};
constexpr Lsn lsn{sector_size};
constexpr std::uint32_t record_size_max = record_length(wire::message_size_max);

// The input is laid over a valid example bit by bit, so that each byte that is not zero is one
// deviation.
void deviate(std::span<std::byte> bytes, std::span<const std::byte> input) {
    for (std::size_t i = 0; i < std::min(bytes.size(), input.size()); ++i) bytes[i] ^= input[i];
}

// Without this no input would ever get past the checksum.
void seal_over(std::span<std::byte> bytes, std::size_t checksum_offset,
               std::span<const std::byte> covered) {
    const u128 checksum = wire::checksum(covered);
    std::memcpy(bytes.data() + checksum_offset, &checksum, sizeof(checksum));
}

void check_superblock(std::span<const std::byte> input) {
    constexpr std::size_t covered_from = 32;
    SuperblockState state;
    state.identity = {.cluster = identity.cluster, .replica_count = 1};
    state.log_size = 64U << 20;
    state.evidence_sectors = 64;
    state.sequence = 1;
    std::vector<std::byte> bytes(superblock_copy_size);
    encode_superblock_copy(state, 0, bytes);
    deviate(bytes, input);
    static_cast<void>(decode_superblock_copy(bytes));
    seal_over(bytes, 0, std::span(bytes).subspan(covered_from));
    const auto copy = decode_superblock_copy(bytes);
    if (!copy.has_value()) return;
    std::vector<std::byte> again(superblock_copy_size);
    const u128 checksum = encode_superblock_copy(copy->state, copy->copy_number, again);
    ELYTRA_ASSERT(checksum == copy->checksum);
    ELYTRA_ASSERT(again == bytes);
}

void check_record(std::span<const std::byte> input) {
    std::vector<std::byte> sector(sector_size);
    wire::PrepareHeader prepare;
    prepare.frame.cluster = identity.cluster.value;
    prepare.frame.command = static_cast<std::uint8_t>(wire::Command::prepare);
    prepare.op = 1;
    const std::span<std::byte> prepare_bytes =
        std::span(sector).subspan(wire::Message::header_offset);
    std::memcpy(prepare_bytes.data(), &prepare, sizeof(prepare));
    seal_record(identity, {.lsn = lsn}, sector);
    deviate(sector, input);
    static_cast<void>(decode_record(identity, lsn, sector, record_size_max));
    seal_over(prepare_bytes, 0, prepare_bytes.subspan(sizeof(u128)));
    seal_over(sector, 0, std::span(sector).subspan(sizeof(u128)));
    const std::optional<RecordHeader> header =
        decode_record(identity, lsn, sector, record_size_max);
    if (!header.has_value()) return;
    const std::uint32_t length = record_length(header->prepare.frame.size);
    ELYTRA_ASSERT(length <= record_size_max);
    std::vector<std::byte> record(sector);
    record.resize(length);
    static_cast<void>(record_body_intact(*header, record));
    seal_record(identity, *header, sector);
    ELYTRA_ASSERT(std::ranges::equal(sector, std::span(record).first(sector_size)));
}

void check_evidence(std::span<const std::byte> input) {
    constexpr std::size_t covered_to = 512;
    std::vector<std::byte> sector(sector_size);
    encode_evidence(identity, evidence_as_formatted(7), sector);
    deviate(sector, input);
    static_cast<void>(decode_evidence(identity, sector));
    seal_over(sector, 0, std::span(sector).subspan(sizeof(u128), covered_to - sizeof(u128)));
    const std::optional<Evidence> evidence = decode_evidence(identity, sector);
    if (!evidence.has_value()) return;
    std::vector<std::byte> again(sector_size);
    encode_evidence(identity, *evidence, again);
    ELYTRA_ASSERT(again == sector);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const std::byte> input = std::as_bytes(std::span(data, size)).subspan(1);
    switch (data[0] % 3) {
        case 0:
            check_superblock(input);
            break;
        case 1:
            check_record(input);
            break;
        default:
            check_evidence(input);
            break;
    }
    return 0;
}
