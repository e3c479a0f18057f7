#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "server/common/assert.hpp"

namespace elytra {

// First in, first out, with a capacity fixed at construction. Element 0 is the oldest.
template <class T>
class RingBuffer {
public:
    explicit RingBuffer(std::size_t capacity) : slots_(capacity) { ELYTRA_ASSERT(capacity > 0); }

    bool empty() const { return count_ == 0; }

    bool full() const { return count_ == slots_.size(); }

    std::size_t size() const { return count_; }

    std::size_t capacity() const { return slots_.size(); }

    void push_back(T value) {
        ELYTRA_ASSERT(!full());
        slots_[place(count_)] = std::move(value);
        ++count_;
    }

    T pop_front() {
        ELYTRA_ASSERT(!empty());
        T oldest = std::exchange(slots_[first_], T{});
        first_ = (first_ + 1) % slots_.size();
        --count_;
        return oldest;
    }

    T& operator[](std::size_t index) {
        ELYTRA_ASSERT(index < count_);
        return slots_[place(index)];
    }

    const T& operator[](std::size_t index) const {
        ELYTRA_ASSERT(index < count_);
        return slots_[place(index)];
    }

    T& front() { return (*this)[0]; }

    T& back() { return (*this)[count_ - 1]; }

private:
    std::size_t place(std::size_t index) const { return (first_ + index) % slots_.size(); }

    std::vector<T> slots_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace elytra
