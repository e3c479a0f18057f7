#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

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
                const std::span<const std::byte> page = cache_.want(address_of(item));
                if (page.empty()) return Progress::waiting;
                use(item, page);
            }
        }
        return Progress::done;
    }

private:
    template <class Items, class AddressOf>
    void ask(const Items& items, const AddressOf& address_of) {
        cache_.open_window();
        asked_ = std::min<std::size_t>(items.size(), position_ + cache_.window_max());
        for (std::size_t item = position_; item < asked_; ++item) {
            cache_.want(address_of(items[item]));
        }
    }

    storage::PageCache& cache_;
    std::size_t position_ = 0;
    std::size_t asked_ = 0;  // items before it have been asked for
};

}  // namespace elytra::engine
