#include "server/storage/page_cache.hpp"

#include <algorithm>
#include <bit>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::storage {
namespace {

// A slab is touched as a whole when it is allocated.
constexpr std::uint32_t slab_size_max = 1U << 20;

}  // namespace

PageCache::PageCache(const Options& options, IoQueue& io)
    : page_size_(options.page_size),
      frames_max_(narrow<std::uint32_t>(options.capacity / options.page_size)),
      pages_per_slab_(std::max(slab_size_max / options.page_size, 1U)),
      // At most half full, so that searches stay short.
      table_(std::bit_ceil(std::size_t{frames_max_} * 2), no_frame),
      waiting_(window_max()),
      // A window fills half of the frames, so there is always one for it besides those being read.
      reader_(IoOwner::page_cache, std::min(options.reads_max, window_max()), io) {
    ELYTRA_ASSERT(page_size_ % sector_size == 0);
    ELYTRA_ASSERT(frames_max_ >= 2 * window_min);
    ELYTRA_ASSERT(options.reads_max > 0);
    frames_.reserve(frames_max_);
    free_.reserve(frames_max_);
    slabs_.reserve(frames_max_ / pages_per_slab_ + 1);
}

std::uint32_t PageCache::window_max() const { return frames_max_ / 2; }

std::size_t PageCache::memory_size() const {
    std::size_t size = 0;
    for (const SectorBuffer& slab : slabs_) size += slab.size();
    return size;
}

void PageCache::open_window() {
    while (!waiting_.empty()) drop(waiting_.pop_front());
    ++window_;
    window_pages_ = 0;
}

std::span<const std::byte> PageCache::want(const PageAddress& address) {
    const std::size_t slot = slot_of(address.id);
    if (table_[slot] != no_frame) {
        Frame& frame = frames_[table_[slot]];
        ELYTRA_ASSERT(frame.address.checksum == address.checksum);
        pin(frame);
        if (frame.use != Use::cached) return {};
        frame.referenced = true;
        if (!frame.is_new) ++hits_;
        frame.is_new = false;
        return memory_of(table_[slot]);
    }
    if (fault_.has_value()) return {};
    ELYTRA_ASSERT(window_pages_ < window_max());  // else no frame might ever become free
    ++misses_;
    const std::uint32_t index = take_frame();
    table_[slot_of(address.id)] = index;  // the frame's last page may have moved the free slot
    Frame& frame = frames_[index];
    frame = {.address = address, .use = Use::waiting};
    pin(frame);
    waiting_.push_back(index);
    read_next();
    return {};
}

void PageCache::pin(Frame& frame) {
    if (frame.window == window_) return;
    ELYTRA_ASSERT(window_pages_ < window_max());
    frame.window = window_;
    ++window_pages_;
}

// The clock gives every page that was wanted since the hand passed another round.
std::uint32_t PageCache::take_frame() {
    if (free_.empty() && frames_.size() < frames_max_) {
        frames_.emplace_back();
        return static_cast<std::uint32_t>(frames_.size() - 1);
    }
    while (free_.empty()) {
        const std::uint32_t index = hand_;
        hand_ = (hand_ + 1) % frames_max_;
        Frame& frame = frames_[index];
        if (frame.use != Use::cached || frame.window == window_) continue;
        if (!frame.referenced) drop(index);
        frame.referenced = false;
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
}

void PageCache::drop(std::uint32_t frame) {
    erase_slot(slot_of(frames_[frame].address.id));
    frames_[frame] = {};
    free_.push_back(frame);
}

void PageCache::read_next() {
    while (!waiting_.empty() && reader_.can_read()) {
        const std::uint32_t index = waiting_.pop_front();
        Frame& frame = frames_[index];
        ELYTRA_ASSERT(frame.use == Use::waiting);
        frame.use = Use::reading;
        reader_.read(index, frame.address.offset, memory_of(index));
    }
}

void PageCache::on_io_done(IoToken token) {
    reader_.on_io_done(token);
    while (const std::optional<std::uint32_t> frame = reader_.next_done()) on_read(*frame);
    read_next();
}

void PageCache::on_read(std::uint32_t index) {
    Frame& frame = frames_[index];
    ELYTRA_ASSERT(frame.use == Use::reading);
    if (wire::checksum(memory_of(index)) == frame.address.checksum) {
        frame.use = Use::cached;
        frame.referenced = true;
        frame.is_new = true;
        return;
    }
    // Nobody waits for a page of an earlier window, whose place may by now be in use for another.
    if (frame.window == window_ && !fault_.has_value()) {
        fault_ =
            PageFault{.id = frame.address.id, .offset = frame.address.offset, .size = page_size_};
    }
    drop(index);
}

std::span<std::byte> PageCache::memory_of(std::uint32_t frame) {
    const std::uint32_t slab = frame / pages_per_slab_;
    while (slabs_.size() <= slab) {
        const auto first = static_cast<std::uint32_t>(slabs_.size()) * pages_per_slab_;
        const std::uint32_t pages = std::min(pages_per_slab_, frames_max_ - first);
        slabs_.emplace_back(std::size_t{pages} * page_size_);
    }
    const std::size_t place = std::size_t{frame % pages_per_slab_} * page_size_;
    return slabs_[slab].bytes().subspan(place, page_size_);
}

std::size_t PageCache::home_of(PageId id) const {
    // Fibonacci hashing: the high bits of the product depend on all bits of the key.
    const std::uint64_t key = (std::uint64_t{id.segment} << 32) | id.number;
    const std::uint64_t product = key * 0x9e37'79b9'7f4a'7c15U;
    return product >> (64 - std::countr_zero(table_.size()));
}

// Where the page is in the table, or else where it belongs.
std::size_t PageCache::slot_of(PageId id) const {
    std::size_t slot = home_of(id);
    while (table_[slot] != no_frame && frames_[table_[slot]].address.id != id) {
        slot = (slot + 1) & (table_.size() - 1);
    }
    return slot;
}

// Entries behind the gap move up, unless that would take them before their home.
void PageCache::erase_slot(std::size_t slot) {
    ELYTRA_ASSERT(table_[slot] != no_frame);
    const std::size_t mask = table_.size() - 1;
    std::size_t gap = slot;
    for (std::size_t next = (gap + 1) & mask; table_[next] != no_frame; next = (next + 1) & mask) {
        const std::size_t home = home_of(frames_[table_[next]].address.id);
        if (((next - home) & mask) < ((next - gap) & mask)) continue;
        table_[gap] = table_[next];
        gap = next;
    }
    table_[gap] = no_frame;
}

}  // namespace elytra::storage
