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
    newest_places_.clear();
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
    newest_places_ = places_of(newest_);
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
    if (reason == StoreFault::Reason::format && error == ManifestError::unknown_version) {
        fault_.version_found = version_in_root(manifest_block_.bytes());
    }
    state_ = State::damaged;
}

const StoreFault& CheckpointStore::fault() const {
    ELYTRA_ASSERT(state_ == State::damaged);
    return fault_;
}

}  // namespace elytra::storage
