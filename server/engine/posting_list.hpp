#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>

#include "server/common/assert.hpp"

namespace elytra::engine {

// Ascending row numbers, appended one by one and read by position. Grows by segments that double in
// size, so that rows are never copied and a list of few rows stays small.
class PostingList {
public:
    std::uint32_t size() const { return size_; }

    void append(std::uint32_t row) {
        if (room_ == 0) grow();
        *tail_++ = row;
        ++size_;
        --room_;
    }

    void prefetch_tail() const { __builtin_prefetch(tail_, 1); }

    std::uint32_t operator[](std::uint32_t index) const {
        ELYTRA_ASSERT(index < size_);
        const std::uint32_t segment = segment_of(index);
        return segments_[segment][index - start_of(segment)];
    }

    // How many of the rows are below `row`.
    std::uint32_t count_below(std::uint32_t row) const {
        std::uint32_t low = 0;
        std::uint32_t high = size_;
        while (low < high) {
            const std::uint32_t middle = low + (high - low) / 2;
            if ((*this)[middle] < row) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

private:
    using Segment = std::unique_ptr<std::uint32_t[]>;

    static constexpr std::uint32_t first_size = 4;

    // Segment 0 has the positions [0, 4), segment n > 0 has [4 * 2^(n - 1), 4 * 2^n).
    static std::uint32_t segment_of(std::uint32_t index) {
        return static_cast<std::uint32_t>(std::bit_width(index / first_size));
    }

    static std::uint32_t start_of(std::uint32_t segment) {
        return segment == 0 ? 0 : first_size << (segment - 1);
    }

    // Requires: the segments are full.
    void grow() {
        const std::uint32_t count = size_ == 0 ? 0 : segment_of(size_ - 1) + 1;
        auto segments = std::make_unique<Segment[]>(count + 1);
        std::move(segments_.get(), segments_.get() + count, segments.get());
        room_ = size_ == 0 ? first_size : size_;
        segments[count] = std::make_unique_for_overwrite<std::uint32_t[]>(room_);
        tail_ = segments[count].get();
        segments_ = std::move(segments);
    }

    std::uint32_t size_ = 0;
    std::uint32_t room_ = 0;  // left in the last segment
    std::uint32_t* tail_ = nullptr;
    std::unique_ptr<Segment[]> segments_;
};

}  // namespace elytra::engine
