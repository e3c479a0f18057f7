#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/common/ring_buffer.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/reader.hpp"

namespace elytra::storage {

// Which page: names are never used twice, so what is cached under one never becomes stale.
struct PageId {
    std::uint32_t segment = 0;
    std::uint32_t number = 0;  // in the segment

    auto operator<=>(const PageId&) const = default;
};

// A page as its parent knows it.
struct PageAddress {
    PageId id;
    std::uint64_t offset = 0;  // in the file
    u128 checksum = 0;         // of the whole page
};

// A page that is not what its parent expects: rot, a lost or misdirected write.
struct PageFault {
    PageId id;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

// Keeps pages of the file in memory, each verified against its parent's checksum. A page that is
// not there is read in the background: ask again when reads have completed. Its memory is touched
// as pages arrive and never exceeds `page_cache_size`. One thread.
//
// Who needs several pages at a time opens a window: pages wanted since then stay until the next
// window opens.
class PageCache {
public:
    struct Options {
        std::uint32_t page_size;
        std::uint64_t capacity;   // bytes; at least 2 * window_min pages
        std::uint32_t reads_max;  // in flight
    };

    // Every cache lets a window hold at least this many pages.
    static constexpr std::uint32_t window_min = 8;

    PageCache(const Options& options, IoQueue& io);

    // How many different pages may be wanted in one window: half of the capacity.
    std::uint32_t window_max() const;

    void open_window();

    // Which one is open: a number that grows.
    std::uint64_t window() const { return window_; }

    // The page, valid until the next window opens; empty while it is on its way. Asking starts the
    // read as soon as one of reads_max is free; what has not begun when the next window opens has
    // to be asked for again. After a fault nothing more is read. Requires: at most window_max()
    // different pages in a window.
    std::span<const std::byte> want(const PageAddress& address);

    // The first page that failed its checksum while it was wanted in the open window: it is never
    // returned, and its owner has to stop.
    const std::optional<PageFault>& fault() const { return fault_; }

    void on_io_done(IoToken token);

    // Wants that were answered at once, without a read for them. Wants that asked for a read.
    std::uint64_t hits() const { return hits_; }

    std::uint64_t misses() const { return misses_; }

    // Bytes of memory that hold pages or are ready to.
    std::size_t memory_size() const;

private:
    enum class Use : std::uint8_t { none, waiting, reading, cached };

    // Room for one page.
    struct Frame {
        PageAddress address;
        std::uint64_t window = 0;  // the last one that wanted it
        Use use = Use::none;
        bool referenced = false;  // since the clock's hand passed
        bool is_new = false;      // not returned yet
    };

    static constexpr std::uint32_t no_frame = UINT32_MAX;

    std::span<std::byte> memory_of(std::uint32_t frame);
    void pin(Frame& frame);
    std::uint32_t take_frame();
    void drop(std::uint32_t frame);
    void read_next();
    void on_read(std::uint32_t frame);

    std::size_t home_of(PageId id) const;
    std::size_t slot_of(PageId id) const;
    void erase_slot(std::size_t slot);

    const std::uint32_t page_size_;
    const std::uint32_t frames_max_;
    const std::uint32_t pages_per_slab_;
    std::vector<SectorBuffer> slabs_;   // allocated when the first of its pages is read
    std::vector<Frame> frames_;         // grows up to frames_max_
    std::vector<std::uint32_t> free_;   // frames without a page
    std::vector<std::uint32_t> table_;  // a frame or no_frame; open addressing, linear probing
    std::uint32_t hand_ = 0;            // of the clock: the next frame to be considered
    std::uint64_t window_ = 1;
    std::uint32_t window_pages_ = 0;     // wanted in this window
    RingBuffer<std::uint32_t> waiting_;  // frames whose read has not begun
    Reader reader_;                      // tags are frames
    std::optional<PageFault> fault_;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

}  // namespace elytra::storage
