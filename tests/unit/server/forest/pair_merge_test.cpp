#include "server/forest/pair_merge.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

constexpr std::uint32_t page_size = 4096;
constexpr std::uint32_t first_segment = 100;
constexpr std::uint32_t chunk_size = 4 * page_size;

void append(std::vector<std::byte>& pages, PairRunWriter& writer) {
    while (writer.has_chunk()) {
        const BuiltChunk chunk = writer.take_chunk();
        const auto bytes = chunk.buffer.bytes().first(chunk.size);
        pages.insert(pages.end(), bytes.begin(), bytes.end());
    }
}

std::vector<std::byte> build_run(std::uint32_t segment, std::span<const Pair> pairs) {
    std::vector<std::byte> pages;
    PairRunWriter writer({segment, page_size, chunk_size});
    for (const Pair& pair : pairs) {
        writer.add(pair);
        append(pages, writer);
    }
    writer.finish();
    append(pages, writer);
    return pages;
}

std::vector<Pair> read_run(std::uint32_t segment, std::span<const std::byte> pages) {
    std::vector<Pair> pairs;
    for (std::uint32_t number = 0; !pages.empty(); pages = pages.subspan(page_size)) {
        const auto page = PairPage::open({segment, number++}, pages.first(page_size));
        REQUIRE(page.has_value());
        for (std::uint32_t i = 0; i < page->size(); ++i) pairs.push_back(page->at(i));
    }
    return pairs;
}

// Inputs whose rows lie one behind the other, and what to merge them into.
struct Runs {
    std::vector<std::vector<std::byte>> pages;
    std::vector<Pair> merged;

    explicit Runs(std::span<const std::vector<Pair>> inputs) {
        for (const std::vector<Pair>& input : inputs) {
            const auto segment = first_segment + static_cast<std::uint32_t>(pages.size());
            pages.push_back(build_run(segment, input));
            merged.insert(merged.end(), input.begin(), input.end());
        }
        std::ranges::sort(merged);
    }

    std::vector<std::uint32_t> page_counts() const {
        std::vector<std::uint32_t> counts;
        for (const auto& run : pages) {
            counts.push_back(static_cast<std::uint32_t>(run.size() / page_size));
        }
        return counts;
    }
};

// Feeds pieces of random sizes, each from memory of its own that is gone when it is consumed.
class Feeder {
public:
    Feeder(const Runs& runs, Prng& prng)
        : runs_(runs), prng_(prng), pieces_(runs.pages.size()), fed_(runs.pages.size()) {}

    Result<void, PageError> feed(PairMerger& merger, std::uint32_t input) {
        const std::vector<std::byte>& run = runs_.pages[input];
        const auto left = static_cast<std::uint32_t>(run.size() / page_size) - fed_[input];
        REQUIRE(left > 0);
        const auto count = static_cast<std::uint32_t>(prng_.between(1, std::min(left, 5U)));
        const auto begin = run.begin() + static_cast<std::ptrdiff_t>(fed_[input]) * page_size;
        pieces_[input].push_back({begin, begin + static_cast<std::ptrdiff_t>(count) * page_size});
        fed_[input] += count;
        return merger.feed(input, first_segment + input, pieces_[input].back());
    }

    // Overwrites what the merger must not read any more.
    void forget_consumed(const PairMerger& merger) {
        for (std::uint32_t input = 0; input < pieces_.size(); ++input) {
            std::size_t left = merger.consumed(input);
            for (std::vector<std::byte>& piece : pieces_[input]) {
                const std::size_t gone = std::min(left, piece.size() / page_size);
                std::ranges::fill(std::span(piece).first(gone * page_size), std::byte{0xdd});
                left -= gone;
            }
        }
    }

    bool may_feed(std::uint32_t input) const {
        return fed_[input] < runs_.pages[input].size() / page_size;
    }

private:
    const Runs& runs_;
    Prng& prng_;
    std::vector<std::vector<std::vector<std::byte>>> pieces_;
    std::vector<std::uint32_t> fed_;
};

std::vector<Pair> merge(const Runs& runs, Prng& prng) {
    PairMerger merger(runs.page_counts(), page_size);
    PairRunWriter writer({1, page_size, chunk_size});
    Feeder feeder(runs, prng);
    std::vector<std::byte> pages;
    while (!merger.done()) {
        const auto wanted = merger.wanted();
        if (wanted.has_value()) REQUIRE(feeder.feed(merger, *wanted).has_value());
        const auto other = static_cast<std::uint32_t>(prng.below(runs.pages.size()));
        if (prng.chance(1, 4) && feeder.may_feed(other)) {
            REQUIRE(feeder.feed(merger, other).has_value());
        }
        feeder.forget_consumed(merger);
        const std::uint64_t before = writer.pair_count();
        const std::uint64_t pairs_max = prng.between(1, 1'000);
        REQUIRE(merger.advance(writer, pairs_max).has_value());
        CHECK(writer.pair_count() < before + pairs_max + 64);
        append(pages, writer);
    }
    CHECK(!merger.wanted().has_value());
    for (std::uint32_t i = 0; i < runs.pages.size(); ++i) {
        CHECK(merger.consumed(i) == runs.page_counts()[i]);
    }
    writer.finish();
    append(pages, writer);
    CHECK(writer.pair_count() == runs.merged.size());
    return read_run(1, pages);
}

// Keys from a few to many, so that equal ones meet in all inputs.
std::vector<std::vector<Pair>> random_inputs(Prng& prng, std::size_t count) {
    std::vector<std::vector<Pair>> inputs(count);
    const std::uint64_t keys = std::uint64_t{1} << prng.below(45);
    std::uint32_t row = 0;
    for (std::vector<Pair>& input : inputs) {
        input.resize(prng.chance(1, 8) ? 0 : prng.below(prng.chance(1, 2) ? 100 : 6000));
        for (Pair& pair : input) pair = {.key = prng.below(keys), .row = row++};
        std::ranges::sort(input);
    }
    return inputs;
}

}  // namespace

TEST_CASE("a merge is as if everything was sorted, whatever pieces it comes in") {
    for (std::uint64_t seed = 1; seed <= 96; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const Runs runs(random_inputs(prng, 1 + seed % 16));
        REQUIRE(merge(runs, prng) == runs.merged);
    }
}

TEST_CASE("the largest pair of all is merged like any other") {
    Prng prng(1);
    const std::vector<Pair> low = {{.key = 0, .row = 0}, {.key = UINT64_MAX, .row = 1}};
    const std::vector<Pair> high = {{.key = UINT64_MAX, .row = UINT32_MAX}};
    const Runs runs(std::vector{low, high, std::vector<Pair>{}});
    CHECK(merge(runs, prng) == runs.merged);
}

TEST_CASE("long runs of one key become one page") {
    Prng prng(1);
    std::vector<std::vector<Pair>> inputs(8);
    std::uint32_t row = 0;
    for (std::vector<Pair>& input : inputs) {
        for (int i = 0; i < 20'000; ++i) input.push_back({.key = 3, .row = row++});
    }
    const Runs runs(inputs);
    for (const std::uint32_t count : runs.page_counts()) CHECK(count == 1);
    CHECK(merge(runs, prng) == runs.merged);
}

TEST_CASE("nothing to merge is done at once") {
    const std::vector<std::uint32_t> counts = {0, 0};
    const PairMerger merger(counts, page_size);
    CHECK(merger.done());
    CHECK(!merger.wanted().has_value());
}

TEST_CASE("a merge stops while its writer has a full chunk") {
    Prng prng(2);
    const Runs runs(random_inputs(prng, 1));
    std::vector<Pair> pairs(20'000);
    for (std::uint32_t i = 0; i < pairs.size(); ++i) pairs[i] = {mix64(i) >> 1, i};
    std::ranges::sort(pairs);
    const std::vector<std::byte> pages = build_run(first_segment, pairs);
    const std::vector<std::uint32_t> counts = {
        static_cast<std::uint32_t>(pages.size() / page_size)};
    PairMerger merger(counts, page_size);
    PairRunWriter writer({1, page_size, chunk_size});
    REQUIRE(merger.feed(0, first_segment, pages).has_value());
    REQUIRE(merger.advance(writer).has_value());
    REQUIRE(writer.has_chunk());
    const std::uint64_t merged = writer.pair_count();
    REQUIRE(merger.advance(writer).has_value());
    CHECK(writer.pair_count() == merged);
    CHECK(!merger.done());
}

TEST_CASE("a page that is not the next one of its run is refused") {
    const std::vector<std::byte> pages =
        build_run(first_segment, std::vector<Pair>{{1, 1}, {2, 2}});
    const std::vector<std::uint32_t> counts = {1};
    PairMerger merger(counts, page_size);
    CHECK(merger.feed(0, first_segment + 1, pages).error() == PageError::wrong_name);
}

TEST_CASE("pairs that do not ascend end a merge") {
    const std::vector<Pair> pairs = {{1, 1}, {2, 2}, {3, 3}};
    std::vector<std::byte> pages = build_run(first_segment, pairs);
    const std::vector<std::uint32_t> counts = {1, 1};
    std::vector<std::byte> other = build_run(first_segment + 1, pairs);

    SUBCASE("within a page") {
        pages[32] ^= std::byte{0x30};  // the first two bits of the second row
        pages[32] ^= std::byte{0xc0};  // its key
        other = build_run(first_segment + 1, std::vector<Pair>{{9, 9}});
    }
    SUBCASE("because two inputs have the same one") {}
    PairMerger merger(counts, page_size);
    PairRunWriter writer({1, page_size, chunk_size});
    REQUIRE(merger.feed(0, first_segment, pages).has_value());
    REQUIRE(merger.feed(1, first_segment + 1, other).has_value());
    CHECK(merger.advance(writer).error() == PageError::bad_content);
}
