#include "server/forest/pair_run.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/limits.hpp"
#include "server/common/prng.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

constexpr std::uint32_t segment = 12;

std::vector<Pair> random_pairs(std::uint64_t seed, std::size_t count) {
    Prng prng(seed);
    std::vector<Pair> pairs(count);
    for (std::uint32_t i = 0; i < count; ++i) pairs[i] = {.key = prng.next() >> 24, .row = i};
    std::ranges::sort(pairs);
    return pairs;
}

std::vector<BuiltChunk> build(PairRunWriter& writer, std::span<const Pair> pairs) {
    std::vector<BuiltChunk> chunks;
    for (const Pair& pair : pairs) {
        writer.add(pair);
        while (writer.has_chunk()) chunks.push_back(writer.take_chunk());
    }
    writer.finish();
    while (writer.has_chunk()) chunks.push_back(writer.take_chunk());
    return chunks;
}

}  // namespace

TEST_CASE("the chunks of a run hold all pairs in pages that their fences name") {
    struct Row {
        std::uint32_t page_size;
        std::uint32_t chunk_size;
        std::size_t count;
    };

    constexpr Row rows[] = {
        {4096, 4096, 20'000}, {8192, 65'536, 50'000}, {4096, 65'536, 1}, {1024, 8192, 3000}};
    for (const Row& row : rows) {
        CAPTURE(row.count);
        CAPTURE(row.page_size);
        const std::vector<Pair> pairs = random_pairs(row.count, row.count);
        PairRunWriter writer({segment, row.page_size, row.chunk_size});
        const std::vector<BuiltChunk> chunks = build(writer, pairs);
        CHECK(writer.pair_count() == row.count);

        std::vector<Pair> found;
        std::uint32_t number = 0;
        for (const BuiltChunk& chunk : chunks) {
            const bool last = &chunk == &chunks.back();
            REQUIRE((last || chunk.size == row.chunk_size));
            REQUIRE(chunk.size % row.page_size == 0);
            const auto bytes = chunk.buffer.bytes();
            CHECK(chunk.checksum == wire::checksum(bytes.first(round_up(chunk.size, sector_size))));
            CHECK(wire::all_zero(bytes.subspan(chunk.size)));
            for (std::uint32_t at = 0; at < chunk.size; at += row.page_size) {
                const auto page_bytes = bytes.subspan(at, row.page_size);
                REQUIRE(number < writer.fences().size());
                const Fence& fence = writer.fences()[number];
                CHECK(fence.checksum == wire::checksum(page_bytes));
                const auto page = PairPage::open({segment, number++}, page_bytes);
                REQUIRE(page.has_value());
                CHECK(page->size() == fence.count);
                for (std::uint32_t i = 0; i < page->size(); ++i) found.push_back(page->at(i));
            }
        }
        CHECK(number == writer.fences().size());
        CHECK(found == pairs);
    }
}

TEST_CASE("a run without pairs has neither pages nor chunks") {
    PairRunWriter writer({segment, 4096, 8192});
    writer.finish();
    CHECK(!writer.has_chunk());
    CHECK(writer.fences().empty());
    CHECK(writer.pair_count() == 0);
}
