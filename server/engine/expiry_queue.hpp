#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/common/assert.hpp"
#include "server/ledger/store.hpp"

namespace elytra::engine {

// When pending transfers expire, earliest first and then in order of creation. Transfers that were
// resolved meanwhile stay inside until they reach the front or are swept out; the owner tells which
// are live.
class ExpiryQueue {
public:
    struct Entry {
        std::uint64_t expires_at = 0;
        ledger::TransferRow row;
    };

    bool empty() const { return heap_.empty(); }

    const Entry& front() const {
        ELYTRA_ASSERT(!empty());
        return heap_.front();
    }

    void push(const Entry& entry) {
        heap_.push_back(entry);
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    void pop() {
        ELYTRA_ASSERT(!empty());
        std::pop_heap(heap_.begin(), heap_.end(), later);
        heap_.pop_back();
    }

    // Removes dead entries from the front, and everywhere once they could be the majority: the
    // queue never takes more than twice the room of its live entries.
    template <class IsLive>
    void drop_dead(const IsLive& is_live) {
        while (!empty() && !is_live(front().row)) pop();
        if (heap_.size() < sweep_size_) return;
        std::erase_if(heap_, [&](const Entry& entry) { return !is_live(entry.row); });
        std::make_heap(heap_.begin(), heap_.end(), later);
        sweep_size_ = std::max(sweep_size_min, heap_.size() * 2);
    }

    void clear() {
        heap_.clear();
        sweep_size_ = sweep_size_min;
    }

private:
    static constexpr std::size_t sweep_size_min = 4096;

    static bool later(const Entry& left, const Entry& right) {
        if (left.expires_at != right.expires_at) return left.expires_at > right.expires_at;
        return left.row > right.row;
    }

    std::vector<Entry> heap_;
    std::size_t sweep_size_ = sweep_size_min;
};

}  // namespace elytra::engine
