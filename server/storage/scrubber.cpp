#include "server/storage/scrubber.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/prng.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::storage {
namespace {

constexpr std::uint64_t hurry_factor = 10;

BlockRef root_block(const ManifestRoot& root) {
    return {
        .checksum = root.checksum, .offset = root.offset, .size = narrow<std::uint32_t>(root.size)};
}

std::uint64_t block_count(const Manifest& manifest) {
    return 1 + manifest.leaves.size() + manifest.chunks.size();
}

// Calls visit(block) for every block of the newest checkpoint.
template <class Visit>
void for_each_block(const CheckpointStore& store, Visit visit) {
    visit(root_block(store.newest_root()));
    for (const BlockRef& leaf : store.newest().leaves) visit(leaf);
    for (const BlockRef& chunk : store.newest().chunks) visit(chunk);
}

std::uint64_t draw_start(const Scrubber::Options& options, const CheckpointStore& store) {
    std::uint64_t end = 0;
    for_each_block(store, [&](const BlockRef& block) { end = std::max(end, block.offset); });
    const u128 cluster = options.cluster.value;
    Prng prng(mix64(low_half(cluster) ^ mix64(high_half(cluster)) ^ options.replica.value));
    return prng.below(end + 1);
}

}  // namespace

Scrubber::Scrubber(const Options& options, const CheckpointStore& store, IoQueue& io)
    : options_(options),
      store_(store),
      reader_(IoOwner::scrubber, 1, io),
      buffer_(options.chunk_size) {
    ELYTRA_ASSERT(options.pass_nanoseconds > 0);
    ELYTRA_ASSERT(options.interval_nanoseconds_max > 0);
}

void Scrubber::on_tick(Instant now) {
    if (!store_.is_open() || store_.newest_root().size == 0) return;
    if (!reader_.can_read() || fault_.has_value()) return;
    if (!due_.has_value()) due_ = Instant{now.nanoseconds + interval()};
    if (now < *due_) return;
    std::optional<BlockRef> block = next_block();
    if (!block.has_value()) {
        finish_pass();
        block = next_block();
    }
    ELYTRA_ASSERT(block.has_value());
    block_ = *block;
    reader_.read(0, block_.offset, buffer_.bytes().first(block_.size_on_disk()));
    // A late tick is made up for, a long pause is not.
    const std::uint64_t planned = due_->nanoseconds + interval();
    due_ = Instant{planned < now.nanoseconds ? now.nanoseconds + interval() : planned};
}

// The block with the lowest offset that this pass has not passed; nothing at its end. A look at
// every reference: 0.1 ms for 100,000 of them, of which one is read every 10 s.
std::optional<BlockRef> Scrubber::next_block() {
    if (!start_.has_value()) {
        start_ = draw_start(options_, store_);
        position_ = *start_;
    }
    for (;;) {
        const std::uint64_t end = wrapped_ ? *start_ : UINT64_MAX;
        std::optional<BlockRef> next;
        for_each_block(store_, [&](const BlockRef& block) {
            if (block.offset < position_ || block.offset >= end) return;
            if (!next.has_value() || block.offset < next->offset) next = block;
        });
        if (next.has_value()) position_ = next->offset + 1;
        if (next.has_value() || wrapped_) return next;
        wrapped_ = true;
        position_ = 0;
    }
}

void Scrubber::finish_pass() {
    ++counters_.passes_completed;
    position_ = *start_;
    wrapped_ = false;
    damage_found_ = false;
}

std::uint64_t Scrubber::interval() const {
    const std::uint64_t even = options_.pass_nanoseconds / block_count(store_.newest());
    const std::uint64_t usual = std::min(even, options_.interval_nanoseconds_max);
    return damage_found_ ? usual / hurry_factor : usual;
}

void Scrubber::on_io_done(IoToken token) {
    reader_.on_io_done(token);
    ELYTRA_ASSERT(reader_.next_done().has_value());
    const std::uint64_t size = block_.size_on_disk();
    if (wire::checksum(buffer_.bytes().first(size)) == block_.checksum) {
        ++counters_.blocks_verified;
        counters_.bytes_verified += size;
        return;
    }
    fault_ = fault_at(block_);
    if (!fault_.has_value()) return;
    ++counters_.faults_found;
    damage_found_ = true;
    due_ = Instant{};
}

// Nothing if the newest checkpoint no longer has the block: its place may be in use for another.
std::optional<StoreFault> Scrubber::fault_at(const BlockRef& block) const {
    StoreFault fault{.part = StoreFault::Part::newest_manifest,
                     .reason = StoreFault::Reason::checksum,
                     .offset = block.offset,
                     .size = block.size_on_disk()};
    const Manifest& manifest = store_.newest();
    if (block == root_block(store_.newest_root())) return fault;
    if (std::ranges::find(manifest.leaves, block) != manifest.leaves.end()) return fault;
    fault.part = StoreFault::Part::chunk;
    std::span<const BlockRef> rest = manifest.chunks;
    for (const SegmentDescriptor& segment : manifest.segments) {
        const std::span<const BlockRef> chunks = rest.first(segment.chunk_count);
        const auto chunk = std::ranges::find(chunks, block);
        if (chunk != chunks.end()) {
            fault.segment_id = segment.id;
            fault.index = static_cast<std::uint32_t>(chunk - chunks.begin());
            return fault;
        }
        rest = rest.subspan(segment.chunk_count);
    }
    return std::nullopt;
}

std::optional<StoreFault> Scrubber::take_fault() { return std::exchange(fault_, std::nullopt); }

}  // namespace elytra::storage
