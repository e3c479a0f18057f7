#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/common/prng.hpp"
#include "server/engine/catalog.hpp"
#include "server/wire/bytes.hpp"
#include "tests/support/example_catalog.hpp"

using namespace elytra;
using namespace elytra::engine;

namespace {

std::vector<std::byte> ordinary_catalog() {
    Prng prng(1);
    return encode(test::random_catalog(prng));
}

}  // namespace

// The input is a list of deviations from an ordinary catalog: two bytes of position, one of change.
// What decodes is the only encoding of its catalog.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::byte> ordinary = ordinary_catalog();
    std::vector<std::byte> bytes = ordinary;
    const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
    for (std::size_t i = 0; i + 3 <= input.size(); i += 3) {
        bytes[wire::load<std::uint16_t>(input, i) % bytes.size()] ^= input[i + 2];
    }
    const std::optional<CatalogImage> image = decode_catalog(bytes, test::example_page_size);
    if (!image.has_value()) return 0;
    const std::optional<Catalog> catalog = test::catalog_of(*image);
    if (catalog.has_value()) ELYTRA_ASSERT(encode(*catalog) == bytes);
    return 0;
}
