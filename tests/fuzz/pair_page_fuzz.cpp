#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/forest/pair_merge.hpp"
#include "server/forest/pair_page.hpp"
#include "server/forest/pair_run.hpp"
#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

constexpr std::uint32_t page_size = 4096;
constexpr std::uint32_t pairs_max = 1U << 12;  // that are looked at one by one
constexpr PageName name{.segment = 7, .number = 0};

// One key, several keys in narrow entries, several in wide ones.
std::vector<std::byte> ordinary_page(std::uint32_t shape) {
    PairPageWriter writer(page_size);
    for (std::uint32_t i = 0; i < 200; ++i) {
        const std::uint64_t key = shape == 0 ? 5 : std::uint64_t{i / 3} << (shape == 1 ? 20 : 57);
        ELYTRA_ASSERT(writer.add({.key = key, .row = i < 100 ? i : i * i}));
    }
    std::vector<std::byte> page(page_size);
    writer.finish(name, page);
    return page;
}

// Finds what is there, where the pairs ascend, and an index in the page in any case.
void check_look_ups(const PairPage& page) {
    std::vector<Pair> pairs(std::min(page.size(), pairs_max));
    page.copy(0, pairs);
    const bool ascends =
        page.size() == pairs.size() &&
        std::ranges::adjacent_find(pairs, std::ranges::greater_equal()) == pairs.end();
    for (std::uint32_t i = 0; i < pairs.size(); ++i) {
        ELYTRA_ASSERT(page.at(i) == pairs[i]);
        const std::uint32_t found = page.lower_bound(pairs[i]);
        ELYTRA_ASSERT(found <= page.size());
        ELYTRA_ASSERT(!ascends || found == i);
    }
    static_cast<void>(page.at(page.size() - 1));
}

// What comes out of a merge ascends, or it is refused.
void check_merge(std::span<const std::byte> page) {
    const std::vector<std::uint32_t> page_counts = {1, 0};
    PairMerger merger(page_counts, page_size);
    PairRunWriter writer({.segment = 8, .page_size = page_size, .chunk_size = page_size});
    ELYTRA_ASSERT(merger.feed(0, name.segment, page).has_value());
    while (!merger.done()) {
        if (!merger.advance(writer).has_value()) return;
        while (writer.has_chunk()) writer.take_chunk();
    }
    writer.finish();
}

}  // namespace

// The input is the shape of an ordinary page and a list of deviations from it: two bytes of
// position, one of change.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::byte> ordinary[] = {ordinary_page(0), ordinary_page(1),
                                                      ordinary_page(2)};
    if (size == 0) return 0;
    std::vector<std::byte> page = ordinary[data[0] % std::size(ordinary)];
    const std::span<const std::byte> input = std::as_bytes(std::span(data, size)).subspan(1);
    for (std::size_t i = 0; i + 3 <= input.size(); i += 3) {
        page[wire::load<std::uint16_t>(input, i) % page_size] ^= input[i + 2];
    }
    const auto opened = PairPage::open(name, page);
    if (!opened.has_value()) return 0;
    check_look_ups(*opened);
    if (opened->size() <= pairs_max) check_merge(page);
    return 0;
}
