#include "server/storage/superblock_copy.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::storage {

namespace {

constexpr std::array<char, 8> magic{'E', 'L', 'Y', 'T', 'R', 'A', 'D', 'B'};
constexpr std::uint8_t replicas_max = 6;
constexpr std::uint8_t standbys_max = 6;
constexpr std::size_t headers_offset = 1024;
constexpr std::size_t headers_end = headers_offset + suffix_headers_max * wire::header_size;

// The first bytes of a copy. The checksum covers everything from `magic` to the end of the copy.
struct Image {
    u128 checksum = 0;
    std::uint8_t copy_number = 0;
    std::array<std::uint8_t, 15> copy_padding{};
    std::array<char, 8> magic_bytes = magic;
    std::uint32_t version = format_version;
    std::uint32_t release = 0;
    u128 cluster = 0;
    std::uint8_t replica = 0;
    std::uint8_t replica_count = 0;
    std::uint8_t standby = 0;
    std::uint8_t complete = 0;
    std::uint32_t evidence_sectors = 0;
    std::uint64_t log_size = 0;
    std::uint32_t view = 0;
    std::uint32_t log_view = 0;
    std::uint32_t view_floor = 0;
    std::uint32_t suffix_count = 0;
    std::uint64_t commit_max = 0;
    std::uint64_t log_tail = 0;
    std::uint64_t sequence = 0;
    std::uint64_t checkpoint_op = 0;
    u128 parent_checksum = 0;
    u128 checkpoint_id = 0;
    std::uint64_t checkpoint_timestamp = 0;
    std::uint64_t manifest_offset = 0;
    std::uint64_t manifest_size = 0;
    std::uint64_t previous_manifest_offset = 0;
    std::uint64_t previous_manifest_size = 0;
    std::uint64_t padding = 0;
    u128 manifest_checksum = 0;
    u128 previous_manifest_checksum = 0;
    wire::PrepareHeader checkpoint_header = prepare_header_zero;
};

static_assert(std::is_trivially_copyable_v<Image>);
static_assert(std::has_unique_object_representations_v<Image>);
static_assert(offsetof(Image, magic_bytes) == 32 && offsetof(Image, cluster) == 48);
static_assert(offsetof(Image, log_size) == 72 && offsetof(Image, commit_max) == 96);
static_assert(offsetof(Image, parent_checksum) == 128 && offsetof(Image, manifest_offset) == 168);
static_assert(offsetof(Image, checkpoint_header) == 240 && sizeof(Image) == 496);
static_assert(sizeof(Image) <= headers_offset && headers_end <= superblock_copy_size);

constexpr std::size_t covered_from = offsetof(Image, magic_bytes);

Image to_image(const SuperblockState& state) {
    const CheckpointRoot& checkpoint = state.checkpoint;
    Image image;
    image.release = state.identity.release;
    image.cluster = state.identity.cluster.value;
    image.replica = state.identity.replica.value;
    image.replica_count = state.identity.replica_count;
    image.standby = state.identity.standby ? 1 : 0;
    image.complete = state.complete ? 1 : 0;
    image.evidence_sectors = state.evidence_sectors;
    image.log_size = state.log_size;
    image.view = state.view.value;
    image.log_view = state.log_view.value;
    image.view_floor = state.view_floor.value;
    image.suffix_count = state.suffix_count;
    image.commit_max = state.commit_max;
    image.log_tail = state.log_tail.value;
    image.sequence = state.sequence;
    image.parent_checksum = state.parent_checksum;
    image.checkpoint_op = checkpoint.op.value;
    image.checkpoint_id = checkpoint.id;
    image.checkpoint_timestamp = checkpoint.timestamp;
    image.manifest_offset = checkpoint.manifest.offset;
    image.manifest_size = checkpoint.manifest.size;
    image.manifest_checksum = checkpoint.manifest.checksum;
    image.previous_manifest_offset = checkpoint.previous_manifest.offset;
    image.previous_manifest_size = checkpoint.previous_manifest.size;
    image.previous_manifest_checksum = checkpoint.previous_manifest.checksum;
    image.checkpoint_header = checkpoint.header;
    return image;
}

SuperblockState to_state(const Image& image) {
    SuperblockState state;
    state.identity = Identity{
        .cluster = ClusterId{image.cluster},
        .replica = ReplicaIndex{image.replica},
        .replica_count = image.replica_count,
        .standby = image.standby != 0,
        .release = image.release,
    };
    state.log_size = image.log_size;
    state.evidence_sectors = image.evidence_sectors;
    state.view = View{image.view};
    state.log_view = View{image.log_view};
    state.view_floor = View{image.view_floor};
    state.commit_max = image.commit_max;
    state.log_tail = Lsn{image.log_tail};
    state.complete = image.complete != 0;
    state.suffix_count = image.suffix_count;
    state.sequence = image.sequence;
    state.parent_checksum = image.parent_checksum;
    state.checkpoint = CheckpointRoot{
        .op = Op{image.checkpoint_op},
        .timestamp = image.checkpoint_timestamp,
        .id = image.checkpoint_id,
        .header = image.checkpoint_header,
        .manifest = {image.manifest_offset, image.manifest_size, image.manifest_checksum},
        .previous_manifest = {image.previous_manifest_offset, image.previous_manifest_size,
                              image.previous_manifest_checksum},
    };
    return state;
}

bool identity_valid(const Image& image) {
    if (image.replica_count == 0 || image.replica_count > replicas_max) return false;
    if (image.standby > 1 || image.complete > 1) return false;
    const std::uint8_t first = image.standby == 0 ? std::uint8_t{0} : image.replica_count;
    const std::uint8_t count = image.standby == 0 ? image.replica_count : standbys_max;
    return image.replica >= first && image.replica - first < count;
}

bool image_valid(const Image& image) {
    if (!identity_valid(image)) return false;
    if (image.log_size == 0 || image.log_size % sector_size != 0) return false;
    if (image.evidence_sectors < 2 || image.log_tail % sector_size != 0) return false;
    if (image.log_view > image.view || image.suffix_count > suffix_headers_max) return false;
    if (image.sequence == 0 || image.padding != 0) return false;
    return image.checkpoint_header.op == image.checkpoint_op;
}

}  // namespace

u128 encode_superblock_copy(const SuperblockState& state, std::uint8_t copy_number,
                            std::span<std::byte> bytes) {
    ELYTRA_ASSERT(bytes.size() == superblock_copy_size);
    Image image = to_image(state);
    ELYTRA_ASSERT(image_valid(image));
    image.copy_number = copy_number;
    std::ranges::fill(bytes, std::byte{0});
    std::memcpy(bytes.data(), &image, sizeof(image));
    std::memcpy(bytes.data() + headers_offset, state.suffix_headers.data(),
                state.suffix_count * std::size_t{wire::header_size});
    const u128 checksum = wire::checksum(bytes.subspan(covered_from));
    std::memcpy(bytes.data() + offsetof(Image, checksum), &checksum, sizeof(checksum));
    return checksum;
}

Result<SuperblockCopy, SuperblockDecodeError> decode_superblock_copy(
    std::span<const std::byte> bytes) {
    using Kind = SuperblockDecodeError::Kind;
    ELYTRA_ASSERT(bytes.size() == superblock_copy_size);
    Image image;
    std::memcpy(&image, bytes.data(), sizeof(image));
    if (image.magic_bytes != magic) return Unexpected(SuperblockDecodeError{Kind::damaged});
    if (image.checksum != wire::checksum(bytes.subspan(covered_from))) {
        return Unexpected(SuperblockDecodeError{Kind::damaged});
    }
    // Past this point the bytes are what some program wrote; only then is its version worth
    // telling.
    if (image.version != format_version) {
        return Unexpected(SuperblockDecodeError{Kind::unknown_version, image.version});
    }
    if (!wire::all_zero(image.copy_padding) || !image_valid(image)) {
        return Unexpected(SuperblockDecodeError{Kind::damaged});
    }
    const std::size_t headers_size = image.suffix_count * std::size_t{wire::header_size};
    if (!wire::all_zero(bytes.subspan(sizeof(Image), headers_offset - sizeof(Image))) ||
        !wire::all_zero(bytes.subspan(headers_offset + headers_size))) {
        return Unexpected(SuperblockDecodeError{Kind::damaged});
    }
    SuperblockCopy copy{to_state(image), image.checksum, image.copy_number};
    std::memcpy(copy.state.suffix_headers.data(), bytes.data() + headers_offset, headers_size);
    return copy;
}

}  // namespace elytra::storage
