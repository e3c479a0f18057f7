#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/storage/checkpoint_store.hpp"

namespace elytra::storage {
namespace {

// Equal only if the references are.
constexpr auto by_offset = [](const BlockRef& left, const BlockRef& right) {
    return std::tie(left.offset, left.size, left.checksum) <
           std::tie(right.offset, right.size, right.checksum);
};

// Appends the references of two versions of a segment that are not in the same place in both.
void collect_changes(std::span<const BlockRef> old, std::span<const BlockRef> current,
                     std::vector<BlockRef>& before, std::vector<BlockRef>& after) {
    for (std::size_t i = 0; i < std::max(old.size(), current.size()); ++i) {
        if (i < old.size() && i < current.size() && old[i] == current[i]) continue;
        if (i < old.size()) before.push_back(old[i]);
        if (i < current.size() && current[i].offset > 0) after.push_back(current[i]);
    }
}

}  // namespace

void CheckpointStore::begin(Op op, std::span<const Segment> segments) {
    ELYTRA_ASSERT(state_ == State::idle);
    ELYTRA_ASSERT(op > newest_.op);
    ELYTRA_ASSERT(segments.size() <= segments_fit(limits_.chunk_size));
    next_.op = op;
    next_.segments.clear();
    next_.chunks.clear();
    next_.leaves.clear();
    next_root_ = {};
    own_chunks_.clear();
    own_chunks_issued_ = 0;
    for (const Segment& segment : segments) plan_segment(segment);
    next_places_ = places_of(next_);
    ELYTRA_ASSERT(std::ranges::adjacent_find(next_places_, {}, &SegmentPlace::id) ==
                  next_places_.end());
    retire(segments);
    extend_failed_ = false;
    state_ = State::writing;
    advance();
}

void CheckpointStore::plan_segment(const Segment& segment) {
    SegmentDescriptor descriptor{
        .chunk_count = narrow<std::uint32_t>(segment.chunks.size()),
        .id = segment.id,
    };
    for (const SegmentChunk& chunk : segment.chunks) {
        ELYTRA_ASSERT(chunk.ref.size > 0);
        ELYTRA_ASSERT(chunk.ref.size <= limits_.chunk_size);
        descriptor.size += chunk.ref.size;
        if (chunk.bytes.empty()) {
            ELYTRA_ASSERT(chunk.ref.offset > 0);
            next_.chunks.push_back(chunk.ref);
        } else {
            ELYTRA_ASSERT(chunk.bytes.size() == chunk.ref.size_on_disk());
            own_chunks_.push_back({.index = next_.chunks.size(), .bytes = chunk.bytes});
            next_.chunks.push_back({.size = chunk.ref.size});
        }
    }
    next_.segments.push_back(descriptor);
}

// Every chunk of the newest checkpoint either is in the next one, or becomes free when the newest
// is two checkpoints old. Nearly all chunks stay where they are in their segment, which one
// comparison each finds out; only the others need to be sorted.
void CheckpointStore::retire(std::span<const Segment> segments) {
    std::vector<BlockRef> before;
    std::vector<BlockRef> after;  // bytes that have no place yet left out
    std::span<const BlockRef> rest = next_.chunks;
    for (const Segment& segment : segments) {
        const std::span<const BlockRef> old =
            find(segment.id).value_or(std::span<const BlockRef>{});
        collect_changes(old, rest.first(segment.chunks.size()), before, after);
        rest = rest.subspan(segment.chunks.size());
    }
    for (const SegmentPlace& place : newest_places_) {
        if (find_place(next_places_, place.id) != nullptr) continue;
        collect_changes(*find(place.id), {}, before, after);
    }
    std::ranges::sort(before, by_offset);
    std::ranges::sort(after, by_offset);

    ELYTRA_ASSERT(only_newest_.empty());
    std::vector<BlockRef> retired;
    std::ranges::set_difference(before, after, std::back_inserter(retired), by_offset);
    for (const BlockRef& chunk : retired) only_newest_.push_back(extent_of(chunk));
    if (newest_root_.size > 0) only_newest_.push_back(extent_of(newest_root_));
    for (const BlockRef& leaf : newest_.leaves) only_newest_.push_back(extent_of(leaf));

    std::vector<BlockRef> added;
    std::ranges::set_difference(after, before, std::back_inserter(added), by_offset);
    claim_written_ahead(added);
}

// The chunks belong to the next checkpoint from now on, whose flush comes after their writes.
void CheckpointStore::claim_written_ahead(std::span<const BlockRef> chunks) {
    ELYTRA_ASSERT(std::ranges::includes(ahead_fetched_, chunks, by_offset));
    std::vector<BlockRef> unclaimed;
    std::ranges::set_difference(ahead_fetched_, chunks, std::back_inserter(unclaimed), by_offset);
    ahead_fetched_ = std::move(unclaimed);
}

void CheckpointStore::commit() {
    ELYTRA_ASSERT(state_ == State::written);
    extents_.release(std::move(only_previous_));
    only_previous_ = std::exchange(only_newest_, {});
    std::swap(newest_, next_);
    newest_root_ = next_root_;
    std::swap(newest_places_, next_places_);
    state_ = State::idle;
    retry_place();
}

// What became free may be a better place than one that the file would have to grow for.
void CheckpointStore::retry_place() {
    if (ahead_.placed.has_value()) {
        extents_.release({{.offset = *std::exchange(ahead_.placed, std::nullopt),
                           .size = ahead_waiting_.front().bytes.size()}});
    }
    advance();
}

}  // namespace elytra::storage
