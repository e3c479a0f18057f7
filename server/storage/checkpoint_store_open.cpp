#include <algorithm>
#include <iterator>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::storage {

void CheckpointStore::open(const ManifestRoot& newest, const ManifestRoot& previous) {
    ELYTRA_ASSERT(state_ == State::closed || state_ == State::damaged);
    state_ = State::opening;
    newest_ = {};
    newest_root_ = newest;
    opening_ = {};
    opening_.previous_root = previous;
    read_manifest(StoreFault::Part::newest_manifest, newest);
}

void CheckpointStore::read_manifest(StoreFault::Part part, const ManifestRoot& root) {
    opening_.part = part;
    opening_.root = root;
    opening_.leaves_read = 0;
    if (root.size == 0) return on_manifest_complete();
    if (const auto checked = check_root(root, bounds_); !checked.has_value()) {
        return fail_open(StoreFault::Reason::format, checked.error());
    }
    opening_.block_is_root = true;
    read_manifest_block({.checksum = root.checksum,
                         .offset = root.offset,
                         .size = narrow<std::uint32_t>(root.size)});
}

void CheckpointStore::read_manifest_block(const BlockRef& block) {
    opening_.block = block;
    io_.push(Read{.offset = block.offset,
                  .bytes = manifest_block_.bytes().first(block.size_on_disk()),
                  .token = token(Lane::manifest_read, 0)});
}

void CheckpointStore::on_manifest_read() {
    ELYTRA_ASSERT(state_ == State::opening);
    const std::span<const std::byte> bytes =
        manifest_block_.bytes().first(opening_.block.size_on_disk());
    if (wire::checksum(bytes) != opening_.block.checksum) {
        return fail_open(StoreFault::Reason::checksum, {});
    }
    if (const auto decoded = decode_manifest_block(bytes); !decoded.has_value()) {
        return fail_open(StoreFault::Reason::format, decoded.error());
    }
    const Manifest& manifest = manifest_being_read();
    if (opening_.leaves_read == manifest.leaves.size()) return on_manifest_complete();
    opening_.block_is_root = false;
    read_manifest_block(manifest.leaves[opening_.leaves_read++]);
}

Manifest& CheckpointStore::manifest_being_read() {
    return opening_.part == StoreFault::Part::newest_manifest ? newest_ : opening_.previous;
}

Result<void, ManifestError> CheckpointStore::decode_manifest_block(
    std::span<const std::byte> bytes) {
    if (!opening_.block_is_root) return decode_leaf(bytes, bounds_, manifest_being_read());
    Result<Manifest, ManifestError> root = decode_root(bytes, opening_.block.size, bounds_);
    if (!root.has_value()) return Unexpected(root.error());
    manifest_being_read() = std::move(root.value());
    return {};
}

void CheckpointStore::on_manifest_complete() {
    if (!extents_.rebuild(extents_of(opening_.root, manifest_being_read()))) {
        return fail_open(StoreFault::Reason::overlap, {});
    }
    if (opening_.part == StoreFault::Part::newest_manifest) {
        return read_manifest(StoreFault::Part::previous_manifest, opening_.previous_root);
    }
    finish_open();
}

// What both checkpoints use stays used by the newest; the rest of the previous one is freed with
// it.
void CheckpointStore::finish_open() {
    std::vector<Extent> used = extents_of(newest_root_, newest_);
    std::vector<Extent> previous = extents_of(opening_.previous_root, opening_.previous);
    std::ranges::sort(used);
    std::ranges::sort(previous);
    only_previous_.clear();
    std::ranges::set_difference(previous, used, std::back_inserter(only_previous_));
    used.insert(used.end(), only_previous_.begin(), only_previous_.end());
    if (!extents_.rebuild(std::move(used))) return fail_open(StoreFault::Reason::overlap, {});
    // What a checkpoint uses was inside the file when it was written.
    extended_end_ = extents_.end();
    opening_ = {};
    state_ = State::idle;
}

void CheckpointStore::fail_open(StoreFault::Reason reason, ManifestError error) {
    const bool in_leaf = reason != StoreFault::Reason::overlap && opening_.leaves_read > 0;
    fault_ = {.part = opening_.part,
              .reason = reason,
              .format_error = error,
              .offset = in_leaf ? opening_.block.offset : opening_.root.offset,
              .size = in_leaf ? opening_.block.size_on_disk() : opening_.root.size};
    state_ = State::damaged;
}

const StoreFault& CheckpointStore::fault() const {
    ELYTRA_ASSERT(state_ == State::damaged);
    return fault_;
}

void CheckpointStore::read_chunk(std::size_t segment_index, std::size_t chunk_index,
                                 std::span<std::byte> into) {
    ELYTRA_ASSERT(state_ == State::idle);
    ELYTRA_ASSERT(can_read());
    const BlockRef& chunk = chunk_at(segment_index, chunk_index);
    ELYTRA_ASSERT(into.size() >= chunk.size_on_disk());
    const auto slot =
        std::ranges::find_if(reads_, [](const PendingRead& read) { return read.into.empty(); });
    ELYTRA_ASSERT(slot != reads_.end());
    *slot = {.segment_index = segment_index,
             .chunk_index = chunk_index,
             .into = into.first(chunk.size_on_disk())};
    ++reads_pending_;
    const auto number = static_cast<std::uint32_t>(slot - reads_.begin());
    io_.push(Read{
        .offset = chunk.offset, .bytes = slot->into, .token = token(Lane::chunk_read, number)});
}

const BlockRef& CheckpointStore::chunk_at(std::size_t segment_index,
                                          std::size_t chunk_index) const {
    ELYTRA_ASSERT(segment_index < newest_.segments.size());
    ELYTRA_ASSERT(chunk_index < newest_.segments[segment_index].chunk_count);
    return newest_.chunks[newest_.first_chunk(segment_index) + chunk_index];
}

void CheckpointStore::on_chunk_read(std::size_t slot) {
    ELYTRA_ASSERT(slot < reads_.size());
    const PendingRead read = std::exchange(reads_[slot], {});
    ELYTRA_ASSERT(!read.into.empty());
    const BlockRef& chunk = chunk_at(read.segment_index, read.chunk_index);
    ChunkRead done{
        .segment_index = read.segment_index, .chunk_index = read.chunk_index, .fault = {}};
    if (wire::checksum(read.into) != chunk.checksum) {
        done.fault = StoreFault{.part = StoreFault::Part::chunk,
                                .reason = StoreFault::Reason::checksum,
                                .offset = chunk.offset,
                                .size = chunk.size_on_disk(),
                                .segment_id = newest_.segments[read.segment_index].id,
                                .chunk_index = narrow<std::uint32_t>(read.chunk_index)};
        std::ranges::fill(read.into, std::byte{});
    }
    reads_done_.push_back(done);
}

std::optional<ChunkRead> CheckpointStore::next_read() {
    if (reads_done_.empty()) return std::nullopt;
    --reads_pending_;
    return reads_done_.pop_front();
}

}  // namespace elytra::storage
