#include "server/storage/checkpoint_store.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::storage {
namespace {

// Each chunk given as bytes costs its checksum before it is written: about 50 us at 1 MiB. Two in a
// call let the writes in flight grow with every completion without holding up the loop.
constexpr std::uint32_t own_writes_per_call_max = 2;

constexpr std::uint32_t chunk_size_max = 16U << 20;

ManifestBounds bounds_of(const Limits& limits, std::uint64_t begin, std::uint64_t size_limit) {
    ELYTRA_ASSERT(limits.chunk_size % sector_size == 0);
    ELYTRA_ASSERT(limits.chunk_size <= chunk_size_max);
    ELYTRA_ASSERT(limits.chunk_writes_max > 0);
    ELYTRA_ASSERT(begin > 0);
    ELYTRA_ASSERT(begin % sector_size == 0);
    // Every chunk takes a sector at least, so whatever fits into the file fits into a manifest.
    const std::uint64_t size_max = manifest_chunks_max(limits.chunk_size) * sector_size;
    const std::uint64_t end = round_down<std::uint64_t>(size_limit, sector_size);
    return {.chunk_size = limits.chunk_size,
            .begin = begin,
            .end = std::clamp(end, begin, begin + size_max)};
}

}  // namespace

CheckpointStore::CheckpointStore(const Limits& limits, std::uint64_t begin,
                                 std::uint64_t size_limit, IoQueue& io)
    : limits_(limits),
      bounds_(bounds_of(limits, begin, size_limit)),
      io_(io),
      manifest_block_(limits.chunk_size),
      ahead_waiting_(limits.chunk_writes_max),
      ahead_writes_(limits.chunk_writes_max),
      ahead_done_(limits.chunk_writes_max),
      extents_(bounds_.begin, bounds_.end),
      extended_end_(bounds_.begin) {}

bool CheckpointStore::is_open() const {
    return state_ != State::closed && state_ != State::opening && state_ != State::damaged;
}

CheckpointStore::Shortage CheckpointStore::shortage() const {
    return own_.shortage != Shortage::none ? own_.shortage : ahead_.shortage;
}

bool CheckpointStore::can_write_chunk() const {
    const std::size_t pending = ahead_waiting_.size() + ahead_.in_flight + ahead_done_.size();
    return is_open() && pending < limits_.chunk_writes_max;
}

void CheckpointStore::write_chunk(const NewChunk& chunk) {
    ELYTRA_ASSERT(can_write_chunk());
    ELYTRA_ASSERT(chunk.size > 0);
    ELYTRA_ASSERT(chunk.size <= limits_.chunk_size);
    ELYTRA_ASSERT(chunk.bytes.size() == round_up<std::uint64_t>(chunk.size, sector_size));
    ahead_waiting_.push_back(chunk);
    advance();
}

std::optional<ChunkWritten> CheckpointStore::next_written() {
    if (ahead_done_.empty()) return std::nullopt;
    const ChunkWritten written = ahead_done_.pop_front();
    const auto place =
        std::ranges::upper_bound(ahead_fetched_, written.ref.offset, {}, &BlockRef::offset);
    ahead_fetched_.insert(place, written.ref);
    return written;
}

// Does a bounded part of what is left. Every completion calls it again, so it always goes on as
// long as something is in flight; only a shortage needs retry_extend(). The sources take turns, so
// that neither waits for more than one write of the other.
void CheckpointStore::advance() {
    if (!is_open()) return;
    std::uint32_t own_writes = 0;
    const auto write_own_bounded = [&] {
        return own_writes < own_writes_per_call_max && write_own() && ++own_writes > 0;
    };
    while (own_.in_flight + ahead_.in_flight < limits_.chunk_writes_max) {
        const bool written = ahead_was_last_ ? write_own_bounded() || write_waiting_chunk()
                                             : write_waiting_chunk() || write_own_bounded();
        if (!written) break;
    }
    if (state_ != State::writing || own_.in_flight > 0 || next_root_.size == 0) return;
    state_ = State::flushing;
    io_.push(Flush{.token = token(Lane::flush, 0)});
}

// False: there is nothing to write, or it has to wait.
bool CheckpointStore::write_own() {
    if (state_ != State::writing) return false;
    if (own_chunks_issued_ < own_chunks_.size()) return write_own_chunk();
    if (own_.in_flight > 0 || next_root_.size > 0) return false;
    return write_manifest_block();
}

bool CheckpointStore::write_own_chunk() {
    const ChunkWrite& chunk = own_chunks_[own_chunks_issued_];
    BlockRef& ref = next_.chunks[chunk.index];
    const std::optional<std::uint64_t> offset = place(own_, ref.size_on_disk());
    if (!offset.has_value()) return false;
    ELYTRA_ASSERT(wire::all_zero(chunk.bytes.subspan(ref.size)));
    ref.offset = *offset;
    ref.checksum = wire::checksum(chunk.bytes);
    ++own_chunks_issued_;
    write(own_, ref, chunk.bytes, token(Lane::write, 0));
    return true;
}

// One block at a time, leaves first, because each has to know the checksums of those below it and
// all share one buffer.
bool CheckpointStore::write_manifest_block() {
    const std::size_t leaves = leaf_count(next_.chunks.size(), limits_.chunk_size);
    const bool is_leaf = next_.leaves.size() < leaves;
    BlockRef ref;
    ref.size = is_leaf ? encode_leaf(next_, next_.leaves.size(), manifest_block_.bytes())
                       : encode_root(next_, limits_.chunk_size, manifest_block_.bytes());
    const std::optional<std::uint64_t> offset = place(own_, ref.size_on_disk());
    if (!offset.has_value()) return false;
    const std::span<const std::byte> bytes = manifest_block_.bytes().first(ref.size_on_disk());
    ref.offset = *offset;
    ref.checksum = wire::checksum(bytes);
    if (is_leaf) {
        next_.leaves.push_back(ref);
    } else {
        next_root_ = {.offset = ref.offset, .size = ref.size, .checksum = ref.checksum};
    }
    write(own_, ref, bytes, token(Lane::write, 0));
    return true;
}

bool CheckpointStore::write_waiting_chunk() {
    if (ahead_waiting_.empty()) return false;
    const std::uint64_t size_on_disk = ahead_waiting_.front().bytes.size();
    const std::optional<std::uint64_t> offset = place(ahead_, size_on_disk);
    if (!offset.has_value()) return false;
    const NewChunk chunk = ahead_waiting_.pop_front();
    ELYTRA_ASSERT(wire::all_zero(chunk.bytes.subspan(chunk.size)));
    ELYTRA_ASSERT_SLOW(wire::checksum(chunk.bytes) == chunk.checksum);
    const BlockRef ref{.checksum = chunk.checksum, .offset = *offset, .size = chunk.size};
    const auto slot = std::ranges::find_if(
        ahead_writes_, [](const auto& in_flight) { return !in_flight.has_value(); });
    ELYTRA_ASSERT(slot != ahead_writes_.end());
    *slot = ChunkWritten{.tag = chunk.tag, .ref = ref};
    const auto number = static_cast<std::uint32_t>(slot - ahead_writes_.begin());
    write(ahead_, ref, chunk.bytes, token(Lane::write_ahead, number));
    return true;
}

void CheckpointStore::on_ahead_written(std::uint32_t slot) {
    ELYTRA_ASSERT(slot < ahead_writes_.size());
    ELYTRA_ASSERT(ahead_writes_[slot].has_value());
    ELYTRA_ASSERT(ahead_.in_flight > 0);
    --ahead_.in_flight;
    ahead_done_.push_back(*std::exchange(ahead_writes_[slot], std::nullopt));
    advance();
}

void CheckpointStore::write(Source& source, const BlockRef& ref, std::span<const std::byte> bytes,
                            IoToken token) {
    ELYTRA_ASSERT(bytes.size() == ref.size_on_disk());
    ELYTRA_ASSERT(ref.offset >= bounds_.begin);
    ELYTRA_ASSERT(ref.offset + bytes.size() <= extended_end_);
    ELYTRA_ASSERT_SLOW(!is_protected(extent_of(ref)));
    ++source.in_flight;
    ahead_was_last_ = &source == &ahead_;
    io_.push(Write{.offset = ref.offset,
                   .bytes = bytes,
                   .durability = Durability::volatile_cache,
                   .token = token});
}

// Whether a checkpoint that can still be opened, or the next one, relies on what is there.
bool CheckpointStore::is_protected(const Extent& extent) const {
    const auto overlaps = [&](const Extent& other) {
        return extent.offset < other.end() && other.offset < extent.end();
    };
    const auto block_overlaps = [&](const BlockRef& block) { return overlaps(extent_of(block)); };
    return std::ranges::any_of(extents_of(newest_root_, newest_), overlaps) ||
           std::ranges::any_of(only_previous_, overlaps) ||
           std::ranges::any_of(ahead_fetched_, block_overlaps);
}

// Where the source's next write goes. Nothing while it has to wait for the file to grow; the place
// is kept.
std::optional<std::uint64_t> CheckpointStore::place(Source& source, std::uint64_t size) {
    if (!source.placed.has_value()) source.placed = extents_.allocate(size);
    if (!source.placed.has_value()) {
        source.shortage = Shortage::size_limit;
        return std::nullopt;
    }
    extend_ahead();
    if (*source.placed + size > extended_end_) {
        if (extend_failed_) source.shortage = Shortage::no_space;
        return std::nullopt;
    }
    source.shortage = Shortage::none;
    return std::exchange(source.placed, std::nullopt);
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

std::optional<std::span<const BlockRef>> CheckpointStore::find(std::uint32_t segment_id) const {
    const SegmentPlace* place = find_place(newest_places_, segment_id);
    if (place == nullptr) return std::nullopt;
    return std::span(newest_.chunks).subspan(place->first_chunk, place->chunk_count);
}

void CheckpointStore::on_io_done(IoToken done, IoStatus status) {
    ELYTRA_ASSERT(done.owner == IoOwner::page_store);
    const auto lane = static_cast<Lane>(done.id >> lane_shift);
    ELYTRA_ASSERT(status == IoStatus::ok || lane == Lane::extend);
    switch (lane) {
        case Lane::write:
            ELYTRA_ASSERT(state_ == State::writing);
            ELYTRA_ASSERT(own_.in_flight > 0);
            --own_.in_flight;
            return advance();
        case Lane::write_ahead:
            return on_ahead_written(done.id & number_mask);
        case Lane::flush:
            ELYTRA_ASSERT(state_ == State::flushing);
            state_ = State::written;
            return;
        case Lane::extend:
            return on_extended(status);
        case Lane::manifest_read:
            return on_manifest_read();
    }
    ELYTRA_ASSERT(false);
}

IoToken CheckpointStore::token(Lane lane, std::uint32_t number) {
    return {.owner = IoOwner::page_store,
            .id = (static_cast<std::uint32_t>(lane) << lane_shift) | (number & number_mask)};
}

}  // namespace elytra::storage
