#include "server/storage/checkpoint_store.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::storage {
namespace {

// Each chunk costs its checksum before it is written: about 50 us at 1 MiB. Two in a call let the
// writes in flight grow with every completion without holding up the loop.
constexpr std::uint32_t chunks_per_call_max = 2;

constexpr std::uint32_t chunk_size_max = 16U << 20;

ManifestBounds bounds_of(const Limits& limits, std::uint64_t begin, std::uint64_t size_limit) {
    ELYTRA_ASSERT(limits.chunk_size % sector_size == 0);
    ELYTRA_ASSERT(limits.chunk_size <= chunk_size_max);
    ELYTRA_ASSERT(begin > 0);
    ELYTRA_ASSERT(begin % sector_size == 0);
    // Every segment may end in a chunk that is not full; a manifest has room for those as well.
    const std::uint64_t size_max =
        (manifest_chunks_max(limits.chunk_size) - segments_max) * limits.chunk_size;
    const std::uint64_t end = round_down<std::uint64_t>(size_limit, sector_size);
    return {.chunk_size = limits.chunk_size,
            .begin = begin,
            .end = std::clamp(end, begin, begin + size_max)};
}

bool is_unchanged(const Segment& segment, std::size_t chunk_index, const BlockRef& before,
                  std::uint32_t size) {
    const std::span<const std::byte> bytes = segment.chunks[chunk_index];
    if (bytes.empty()) {
        ELYTRA_ASSERT(before.size == size);
        return true;
    }
    if (segment.growth == Segment::Growth::rewritten || before.size != size) return false;
    ELYTRA_ASSERT_SLOW(wire::checksum(bytes) == before.checksum);
    return true;
}

}  // namespace

CheckpointStore::CheckpointStore(const Limits& limits, std::uint64_t begin,
                                 std::uint64_t size_limit, IoQueue& io)
    : limits_(limits),
      bounds_(bounds_of(limits, begin, size_limit)),
      io_(io),
      manifest_block_(limits.chunk_size),
      extents_(bounds_.begin, bounds_.end),
      extended_end_(bounds_.begin),
      reads_(limits.chunk_writes_max),
      reads_done_(limits.chunk_writes_max) {}

void CheckpointStore::begin(Op op, std::span<const Segment> segments) {
    ELYTRA_ASSERT(state_ == State::idle);
    ELYTRA_ASSERT(reads_pending_ == 0);
    ELYTRA_ASSERT(op > newest_.op);
    ELYTRA_ASSERT(segments.size() <= segments_max);
    next_.op = op;
    next_.segments.clear();
    next_.chunks.clear();
    next_.leaves.clear();
    next_root_ = {};
    for (const Segment& segment : segments) plan_segment(segment);
    ELYTRA_ASSERT(only_newest_.empty());
    for (std::size_t i = 0; i < newest_.segments.size(); ++i) adopt_or_retire(i, segments);
    if (newest_root_.size > 0) only_newest_.push_back(extent_of(newest_root_));
    for (const BlockRef& leaf : newest_.leaves) only_newest_.push_back(extent_of(leaf));
    collect_writes(segments);
    extend_failed_ = false;
    state_ = State::writing;
    advance();
}

void CheckpointStore::plan_segment(const Segment& segment) {
    const SegmentDescriptor descriptor{
        .size = segment.size,
        .chunk_count = narrow<std::uint32_t>(chunk_count(segment.size, limits_.chunk_size)),
        .id = segment.id,
    };
    ELYTRA_ASSERT(segment.chunks.size() == descriptor.chunk_count);
    for (const SegmentDescriptor& other : next_.segments) ELYTRA_ASSERT(other.id != segment.id);
    for (std::size_t i = 0; i < descriptor.chunk_count; ++i) {
        next_.chunks.push_back({.size = chunk_size_of(descriptor, i, limits_.chunk_size)});
    }
    next_.segments.push_back(descriptor);
}

// Every chunk of a segment of the newest checkpoint either is the same in the next one, or becomes
// free when the newest checkpoint is two checkpoints old.
void CheckpointStore::adopt_or_retire(std::size_t newest_index, std::span<const Segment> segments) {
    const SegmentDescriptor& before = newest_.segments[newest_index];
    const std::size_t first_before = newest_.first_chunk(newest_index);
    const auto segment = std::ranges::find(segments, before.id, &Segment::id);
    std::size_t first_next = 0;
    std::size_t adoptable = 0;
    if (segment != segments.end()) {
        ELYTRA_ASSERT(segment->growth == Segment::Growth::rewritten ||
                      segment->size >= before.size);
        first_next = next_.first_chunk(static_cast<std::size_t>(segment - segments.begin()));
        adoptable = std::min<std::size_t>(before.chunk_count, segment->chunks.size());
    }
    for (std::size_t i = 0; i < before.chunk_count; ++i) {
        const BlockRef& chunk = newest_.chunks[first_before + i];
        if (i < adoptable && is_unchanged(*segment, i, chunk, next_.chunks[first_next + i].size)) {
            next_.chunks[first_next + i] = chunk;
        } else {
            only_newest_.push_back(extent_of(chunk));
        }
    }
}

void CheckpointStore::collect_writes(std::span<const Segment> segments) {
    chunk_writes_.clear();
    chunk_writes_issued_ = 0;
    std::size_t index = 0;
    for (const Segment& segment : segments) {
        for (const std::span<const std::byte> chunk : segment.chunks) {
            const BlockRef& ref = next_.chunks[index];
            if (ref.offset == 0) {
                ELYTRA_ASSERT(chunk.size() == ref.size_on_disk());
                chunk_writes_.push_back({.index = index, .bytes = chunk});
            }
            ++index;
        }
    }
}

// Does a bounded part of what is left. Every completion calls it again, so it always goes on as
// long as something is in flight; only a shortage needs retry_extend().
void CheckpointStore::advance() {
    if (state_ != State::writing) return;
    for (std::uint32_t i = 0; i < chunks_per_call_max; ++i) {
        if (chunk_writes_issued_ == chunk_writes_.size()) break;
        if (writes_in_flight_ == limits_.chunk_writes_max || !write_next_chunk()) return;
    }
    if (chunk_writes_issued_ < chunk_writes_.size() || writes_in_flight_ > 0) return;
    if (next_root_.size == 0) return write_next_manifest_block();
    state_ = State::flushing;
    io_.push(Flush{.token = token(Lane::flush, 0)});
}

bool CheckpointStore::write_next_chunk() {
    const ChunkWrite& chunk = chunk_writes_[chunk_writes_issued_];
    BlockRef& ref = next_.chunks[chunk.index];
    const std::optional<std::uint64_t> offset = place(ref.size_on_disk());
    if (!offset.has_value()) return false;
    ELYTRA_ASSERT(wire::all_zero(chunk.bytes.subspan(ref.size)));
    ref.offset = *offset;
    ref.checksum = wire::checksum(chunk.bytes);
    ++chunk_writes_issued_;
    write(ref.offset, chunk.bytes);
    return true;
}

// One block at a time, leaves first, because each has to know the checksums of those below it and
// all share one buffer.
void CheckpointStore::write_next_manifest_block() {
    const std::size_t leaves = leaf_count(next_.chunks.size(), limits_.chunk_size);
    const bool is_leaf = next_.leaves.size() < leaves;
    BlockRef ref;
    ref.size = is_leaf ? encode_leaf(next_, next_.leaves.size(), manifest_block_.bytes())
                       : encode_root(next_, limits_.chunk_size, manifest_block_.bytes());
    const std::optional<std::uint64_t> offset = place(ref.size_on_disk());
    if (!offset.has_value()) return;
    const std::span<const std::byte> bytes = manifest_block_.bytes().first(ref.size_on_disk());
    ref.offset = *offset;
    ref.checksum = wire::checksum(bytes);
    if (is_leaf) {
        next_.leaves.push_back(ref);
    } else {
        next_root_ = {.offset = ref.offset, .size = ref.size, .checksum = ref.checksum};
    }
    write(ref.offset, bytes);
}

void CheckpointStore::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    ELYTRA_ASSERT(offset >= bounds_.begin);
    ELYTRA_ASSERT(offset + bytes.size() <= extended_end_);
    ELYTRA_ASSERT_SLOW(!is_protected({.offset = offset, .size = bytes.size()}));
    ++writes_in_flight_;
    io_.push(Write{.offset = offset,
                   .bytes = bytes,
                   .durability = Durability::volatile_cache,
                   .token = token(Lane::write, ++writes_issued_)});
}

bool CheckpointStore::is_protected(const Extent& extent) const {
    const auto overlaps = [&](const Extent& other) {
        return extent.offset < other.end() && other.offset < extent.end();
    };
    return std::ranges::any_of(extents_of(newest_root_, newest_), overlaps) ||
           std::ranges::any_of(only_previous_, overlaps);
}

// Where the next write goes. Nothing while it has to wait for the file to grow; the place is kept.
std::optional<std::uint64_t> CheckpointStore::place(std::uint64_t size) {
    if (!placed_.has_value()) placed_ = extents_.allocate(size);
    if (!placed_.has_value()) {
        shortage_ = Shortage::size_limit;
        return std::nullopt;
    }
    extend_ahead();
    if (*placed_ + size > extended_end_) {
        if (extend_failed_) shortage_ = Shortage::no_space;
        return std::nullopt;
    }
    shortage_ = Shortage::none;
    return std::exchange(placed_, std::nullopt);
}

// Asks for the next step while there is still room for all the writes that may be in flight.
void CheckpointStore::extend_ahead() {
    if (extend_target_ != 0 || extend_failed_) return;
    const std::uint64_t ahead = std::uint64_t{limits_.chunk_writes_max} * limits_.chunk_size;
    const std::uint64_t wanted = std::min(extents_.end() + ahead, bounds_.end);
    if (wanted <= extended_end_) return;
    const std::uint64_t grown = round_up(wanted - bounds_.begin, limits_.extent_step);
    extend_target_ = std::min(bounds_.begin + grown, bounds_.end);
    io_.push(Extend{.size = extend_target_, .token = token(Lane::extend, 0)});
}

void CheckpointStore::on_extended(IoStatus status) {
    ELYTRA_ASSERT(extend_target_ > extended_end_);
    const std::uint64_t target = std::exchange(extend_target_, 0);
    if (status == IoStatus::ok) {
        extended_end_ = target;
    } else {
        extend_failed_ = true;
    }
    advance();
}

void CheckpointStore::retry_extend() {
    extend_failed_ = false;
    advance();
}

ManifestRoot CheckpointStore::root() const {
    ELYTRA_ASSERT(state_ == State::written);
    return next_root_;
}

void CheckpointStore::commit() {
    ELYTRA_ASSERT(state_ == State::written);
    extents_.release(std::move(only_previous_));
    only_previous_ = std::exchange(only_newest_, {});
    std::swap(newest_, next_);
    newest_root_ = next_root_;
    state_ = State::idle;
}

void CheckpointStore::on_io_done(IoToken done, IoStatus status) {
    ELYTRA_ASSERT(done.owner == IoOwner::page_store);
    const auto lane = static_cast<Lane>(done.id >> lane_shift);
    ELYTRA_ASSERT(status == IoStatus::ok || lane == Lane::extend);
    switch (lane) {
        case Lane::write:
            ELYTRA_ASSERT(state_ == State::writing);
            ELYTRA_ASSERT(writes_in_flight_ > 0);
            --writes_in_flight_;
            return advance();
        case Lane::flush:
            ELYTRA_ASSERT(state_ == State::flushing);
            state_ = State::written;
            return;
        case Lane::extend:
            return on_extended(status);
        case Lane::manifest_read:
            return on_manifest_read();
        case Lane::chunk_read:
            return on_chunk_read(done.id & number_mask);
    }
    ELYTRA_ASSERT(false);
}

IoToken CheckpointStore::token(Lane lane, std::uint32_t number) {
    return {.owner = IoOwner::page_store,
            .id = (static_cast<std::uint32_t>(lane) << lane_shift) | (number & number_mask)};
}

}  // namespace elytra::storage
