#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "server/common/assert.hpp"

namespace elytra {

// At most `capacity` default-constructible elements, stored inside the object. Full is a state the
// caller asks about; pushing into a full vector is a bug.
template <class T, std::size_t capacity>
class FixedVector {
public:
    bool empty() const { return count_ == 0; }

    bool full() const { return count_ == capacity; }

    std::size_t size() const { return count_; }

    void push_back(T value) {
        ELYTRA_ASSERT(!full());
        elements_[count_++] = std::move(value);
    }

    void pop_back() {
        ELYTRA_ASSERT(!empty());
        elements_[--count_] = T{};
    }

    void clear() {
        while (!empty()) pop_back();
    }

    T& operator[](std::size_t index) {
        ELYTRA_ASSERT(index < count_);
        return elements_[index];
    }

    const T& operator[](std::size_t index) const {
        ELYTRA_ASSERT(index < count_);
        return elements_[index];
    }

    T* begin() { return elements_.data(); }

    T* end() { return elements_.data() + count_; }

    const T* begin() const { return elements_.data(); }

    const T* end() const { return elements_.data() + count_; }

private:
    std::array<T, capacity> elements_{};
    std::size_t count_ = 0;
};

}  // namespace elytra
