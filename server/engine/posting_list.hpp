#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/common/assert.hpp"

namespace elytra::engine {

// Ascending row numbers, appended one by one and read by position. Grows by segments that double in
// size, so that nothing is copied and a list of few rows stays small.
class PostingList {
public:
    std::uint32_t size() const { return size_; }

    void append(std::uint32_t row) {
        ELYTRA_ASSERT_SLOW(size_ == 0 || (*this)[size_ - 1] < row);
        if (room_ == 0) grow();
        *tail_++ = row;
        ++size_;
        --room_;
    }

    std::uint32_t operator[](std::uint32_t index) const {
        ELYTRA_ASSERT(index < size_);
        // Segment 0 has positions [0, 4), segment n > 0 has [4 * 2^(n - 1), 4 * 2^n).
        const auto segment = static_cast<std::uint32_t>(std::bit_width(index / first_size));
        const std::uint32_t start = segment == 0 ? 0 : first_size << (segment - 1);
        return segments_[segment][index - start];
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
    static constexpr std::uint32_t first_size = 4;

    void grow() {
        room_ = size_ == 0 ? first_size : size_;
        segments_.push_back(std::make_unique_for_overwrite<std::uint32_t[]>(room_));
        tail_ = segments_.back().get();
    }

    std::uint32_t size_ = 0;
    std::uint32_t room_ = 0;  // left in the last segment
    std::uint32_t* tail_ = nullptr;
    std::vector<std::unique_ptr<std::uint32_t[]>> segments_;
};

}  // namespace elytra::engine
