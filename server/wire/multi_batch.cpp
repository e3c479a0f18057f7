#include "server/wire/multi_batch.hpp"

#include <algorithm>
#include <cstring>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"

namespace elytra::wire {

namespace {

constexpr std::size_t count_size = sizeof(std::uint16_t);
constexpr std::uint16_t batches_padding = 0xffff;  // padding where the number of batches belongs
constexpr std::byte padding{0xff};

// Where the count of a batch lies in a body, or a buffer, that ends with the number of batches.
constexpr std::size_t count_offset(std::size_t end, std::uint32_t batch) {
    return end - count_size * (batch + 2);
}

}  // namespace

MultiBatchDecoder::MultiBatchDecoder(std::span<const std::byte> body, std::uint32_t element_size)
    : body_(body),
      element_size_(element_size),
      batch_count_(load<std::uint16_t>(body, body.size() - count_size)) {}

std::optional<MultiBatchDecoder> MultiBatchDecoder::decode(std::span<const std::byte> body,
                                                           std::uint32_t element_size) {
    ELYTRA_ASSERT(element_size > 0 && element_size % 2 == 0);
    if (body.size() < count_size || body.size() % 2 != 0) return std::nullopt;
    MultiBatchDecoder decoder(body, element_size);
    const std::uint32_t batches = decoder.batch_count_;
    if (batches == 0 || batches == batches_padding) return std::nullopt;
    const std::size_t trailer = trailer_size(element_size, batches);
    if (body.size() < trailer || !decoder.padding_intact()) return std::nullopt;
    // 65 534 counts of 65 535 still fit into 32 bits, their size in bytes does not.
    for (std::uint32_t batch = 0; batch < batches; ++batch) {
        decoder.element_count_ += decoder.count_of(batch);
    }
    const std::uint64_t payload = std::uint64_t{element_size} * decoder.element_count_;
    if (payload != body.size() - trailer) return std::nullopt;
    return decoder;
}

std::uint16_t MultiBatchDecoder::count_of(std::uint32_t batch) const {
    return load<std::uint16_t>(body_, count_offset(body_.size(), batch));
}

bool MultiBatchDecoder::padding_intact() const {
    const std::size_t start = body_.size() - trailer_size(element_size_, batch_count_);
    const std::size_t end = count_offset(body_.size(), batch_count_ - 1);
    return std::ranges::all_of(body_.subspan(start, end - start),
                               [](std::byte byte) { return byte == padding; });
}

std::optional<std::span<const std::byte>> MultiBatchDecoder::next() {
    if (batch_next_ == batch_count_) return std::nullopt;
    const std::size_t size = std::size_t{count_of(batch_next_)} * element_size_;
    const std::span<const std::byte> batch = body_.subspan(offset_next_, size);
    ++batch_next_;
    offset_next_ += size;
    return batch;
}

MultiBatchEncoder::MultiBatchEncoder(std::span<std::byte> destination, std::uint32_t element_size)
    : destination_(destination), element_size_(element_size) {
    ELYTRA_ASSERT(element_size > 0 && element_size % 2 == 0);
}

bool MultiBatchEncoder::full() const {
    return batch_count_ == batches_max ||
           destination_.size() - payload_size_ < trailer_size(element_size_, batch_count_ + 1);
}

std::span<std::byte> MultiBatchEncoder::room() {
    ELYTRA_ASSERT(!full());
    const std::size_t free = destination_.size() - payload_size_;
    const std::size_t size = free - trailer_size(element_size_, batch_count_ + 1);
    return destination_.subspan(payload_size_, round_down<std::size_t>(size, element_size_));
}

void MultiBatchEncoder::end_batch(std::size_t size) {
    ELYTRA_ASSERT(size <= room().size());
    ELYTRA_ASSERT(size % element_size_ == 0);
    store(destination_, count_offset(destination_.size(), batch_count_),
          narrow<std::uint16_t>(size / element_size_));
    payload_size_ += size;
    ++batch_count_;
}

std::uint32_t MultiBatchEncoder::finish() {
    ELYTRA_ASSERT(batch_count_ > 0);
    const std::size_t end = payload_size_ + trailer_size(element_size_, batch_count_);
    ELYTRA_ASSERT(end <= destination_.size());
    const std::size_t counts_start = count_offset(end, batch_count_ - 1);
    std::memmove(destination_.data() + counts_start,
                 destination_.data() + count_offset(destination_.size(), batch_count_ - 1),
                 count_size * batch_count_);
    std::ranges::fill(destination_.subspan(payload_size_, counts_start - payload_size_), padding);
    store(destination_, end - count_size, narrow<std::uint16_t>(batch_count_));
    return narrow<std::uint32_t>(end);
}

}  // namespace elytra::wire
