#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "server/common/assert.hpp"

namespace elytra::engine {

// The results of one batch, one after another in the room that the reply has for them.
class ResultWriter {
public:
    // Requires: room for `limit` results.
    ResultWriter(std::span<std::byte> room, std::uint32_t limit) : room_(room), left_(limit) {}

    bool full() const { return left_ == 0; }

    // How many more results there is room for.
    std::uint32_t left() const { return left_; }

    template <class Result>
    void add(const Result& result) {
        ELYTRA_ASSERT(!full());
        ELYTRA_ASSERT(room_.size() - size_ >= sizeof(Result));
        std::memcpy(room_.data() + size_, &result, sizeof(Result));
        size_ += sizeof(Result);
        --left_;
    }

    // Bytes.
    std::size_t size() const { return size_; }

private:
    std::span<std::byte> room_;
    std::size_t size_ = 0;
    std::uint32_t left_;
};

}  // namespace elytra::engine
