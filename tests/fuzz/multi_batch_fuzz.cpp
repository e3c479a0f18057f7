#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/wire/multi_batch.hpp"

using namespace elytra;
using namespace elytra::wire;

// The first byte picks the size of the elements, the rest is the body. A body that decodes is the
// only encoding of its batches.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::array<std::uint32_t, 5> element_sizes = {8, 16, 64, 128, 384};
    if (size == 0) return 0;
    const std::uint32_t element_size = element_sizes[data[0] % element_sizes.size()];
    const std::span<const std::byte> body = std::as_bytes(std::span(data, size)).subspan(1);
    auto decoder = MultiBatchDecoder::decode(body, element_size);
    if (!decoder.has_value()) return 0;

    std::vector<std::byte> encoded(body.size() + size % 100);
    MultiBatchEncoder encoder(encoded, element_size);
    std::uint32_t elements = 0;
    while (const auto batch = decoder->next()) {
        ELYTRA_ASSERT(!encoder.full());
        std::ranges::copy(*batch, encoder.room().begin());
        encoder.end_batch(batch->size());
        elements += static_cast<std::uint32_t>(batch->size()) / element_size;
    }
    ELYTRA_ASSERT(elements == decoder->element_count());
    ELYTRA_ASSERT(encoder.batch_count() == decoder->batch_count());
    encoded.resize(encoder.finish());
    ELYTRA_ASSERT(std::ranges::equal(encoded, body));
    return 0;
}
