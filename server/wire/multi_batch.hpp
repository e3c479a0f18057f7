#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "server/common/int.hpp"

// Several batches of equally sized elements in one body (byte table: README.md). Requests count in
// events, replies in results, so the element size of the two directions differs.
namespace elytra::wire {

// One below the number that means padding.
inline constexpr std::uint32_t batches_max = 65'534;

// The trailer's size: the counts of all batches and their number, rounded up to whole elements.
constexpr std::uint32_t trailer_size(std::uint32_t element_size, std::uint32_t batches) {
    return round_up<std::uint32_t>(2 * batches + 2, element_size);
}

// Reads the batches of a body in order. A value: a copy taken before the first next() reads them
// again. The body outlives it.
class MultiBatchDecoder {
public:
    // None when any part of the encoding is wrong; then no batch is acceptable.
    // Requires: element_size is even and not 0.
    static std::optional<MultiBatchDecoder> decode(std::span<const std::byte> body,
                                                   std::uint32_t element_size);

    // The elements of the next batch, possibly none; no value after the last batch.
    std::optional<std::span<const std::byte>> next();

    std::uint32_t batch_count() const { return batch_count_; }

    // In all batches together.
    std::uint32_t element_count() const { return element_count_; }

private:
    MultiBatchDecoder(std::span<const std::byte> body, std::uint32_t element_size);

    std::uint16_t count_of(std::uint32_t batch) const;
    bool padding_intact() const;

    std::span<const std::byte> body_;
    std::uint32_t element_size_ = 0;
    std::uint32_t batch_count_ = 0;
    std::uint32_t element_count_ = 0;
    std::uint32_t batch_next_ = 0;
    std::size_t offset_next_ = 0;
};

// Writes batches into a buffer of the caller, one after another, and then the trailer. Until
// finish() the counts wait at the end of the buffer, in their final order.
class MultiBatchEncoder {
public:
    // Requires: element_size is even and not 0.
    MultiBatchEncoder(std::span<std::byte> destination, std::uint32_t element_size);

    // Whether the buffer has room for another batch, at least an empty one.
    bool full() const;

    // Where the elements of the next batch go: whole elements, as many as fit. Requires: !full().
    std::span<std::byte> room();

    // Makes the first `size` bytes of room() the next batch.
    // Requires: !full(), whole elements, at most room().size() bytes and 65 535 elements.
    void end_batch(std::size_t size);

    // Appends the trailer; returns the size of the whole body. Requires: at least one batch.
    std::uint32_t finish();

    std::uint32_t batch_count() const { return batch_count_; }

private:
    std::span<std::byte> destination_;
    std::uint32_t element_size_ = 0;
    std::uint32_t batch_count_ = 0;
    std::size_t payload_size_ = 0;
};

}  // namespace elytra::wire
