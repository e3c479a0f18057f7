#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/prefetch.hpp"
#include "server/engine/progress.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::engine {

// Visits items in order, each with the page that it needs. Pages are asked for a window of the
// cache at a time, so that their reads overlap and memory stays bounded.
class PageWalk {
public:
    explicit PageWalk(storage::PageCache& cache) : cache_(cache) {}

    // From the first item on.
    void restart() { position_ = asked_ = 0; }

    // `address_of(item)` is the page; `use(item, page)` may append items, or remove all of them to
    // end the walk, but must not open a window. Call again after `waiting`, with the same items.
    template <class Items, class AddressOf, class Use>
    Progress advance(Items& items, const AddressOf& address_of, const Use& use) {
        while (position_ < items.size()) {
            if (position_ == asked_) ask(items, address_of);
            for (; position_ < std::min(asked_, items.size()); ++position_) {
                const auto item = items[position_];
                std::span<const std::byte> page = known_page(position_);
                if (page.empty()) page = cache_.want(address_of(item));
                if (page.empty()) return Progress::waiting;
                prefetch(known_page(position_ + prefetch_distance).data());
                use(item, page);
            }
        }
        return Progress::done;
    }

private:
    static constexpr std::size_t prefetch_distance = 4;

    template <class Items, class AddressOf>
    void ask(const Items& items, const AddressOf& address_of) {
        cache_.open_window();
        window_ = cache_.window();
        asked_ = std::min<std::size_t>(items.size(), position_ + cache_.window_max());
        first_ = position_;
        known_.clear();
        for (std::size_t item = position_; item < asked_; ++item) {
            known_.push_back(cache_.want(address_of(items[item])));
        }
    }

    // What was there when it was asked for; nothing for others.
    std::span<const std::byte> known_page(std::size_t position) const {
        const std::size_t index = position - first_;
        return index < known_.size() && cache_.window() == window_ ? known_[index]
                                                                   : std::span<const std::byte>();
    }

    storage::PageCache& cache_;
    std::size_t position_ = 0;
    std::size_t asked_ = 0;  // items before it have been asked for
    std::size_t first_ = 0;  // the first one that was asked for in the window
    std::uint64_t window_ = 0;
    std::vector<std::span<const std::byte>> known_;  // pages that were there then, from first_ on
};

}  // namespace elytra::engine
