#include "server/engine/catalog.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "tests/support/example_catalog.hpp"

namespace elytra::engine {
namespace {

using forest::Fence;
using test::catalog_of;
using test::example_page_size;
using test::random_catalog;

constexpr std::uint32_t page_size = example_page_size;

std::string hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<std::size_t>(byte >> 4)];
        text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return text;
}

TEST_CASE("pages are found in chunks of several sizes") {
    PageMap pages(page_size);
    CHECK(pages.page_count() == 0);
    pages.add({.offset = 100 * page_size, .size = 3 * page_size});
    pages.add({.offset = 10 * page_size, .size = page_size});
    pages.add({.offset = 50 * page_size, .size = 2 * page_size});

    struct Row {
        std::uint32_t number;
        std::uint64_t offset_pages;
        std::uint32_t consecutive;
    };

    const Row rows[] = {{0, 100, 3}, {1, 101, 2}, {2, 102, 1}, {3, 10, 1}, {4, 50, 2}, {5, 51, 1}};
    CHECK(pages.page_count() == std::size(rows));
    for (const Row& row : rows) {
        CAPTURE(row.number);
        CHECK(pages.offset(row.number) == row.offset_pages * page_size);
        CHECK(pages.consecutive(row.number) == row.consecutive);
    }
}

// Rows 0-9 from time 100 on, 10-10 at 200, 11-30 from 200 + 1 on.
RowTable sample_table() {
    RowTable table(RowTableId::expiries, page_size);
    table.add_chunk({.offset = 8 * page_size, .size = 2 * page_size});
    table.add_chunk({.offset = 4 * page_size, .size = page_size});
    const std::array<Fence, 3> fences = {{
        {.first_key = 100, .first_row = 0, .count = 10, .checksum = 1},
        {.first_key = 200, .first_row = 10, .count = 1, .checksum = 2},
        {.first_key = 201, .first_row = 11, .count = 20, .checksum = 3},
    }};
    CHECK(table.add_fences(fences));
    return table;
}

TEST_CASE("the page of a row is found, however unevenly rows are spread") {
    Prng prng(1);
    for (int round = 0; round < 20; ++round) {
        CAPTURE(round);
        const std::uint64_t count_max = prng.chance(1, 2) ? 2 : 1'000;
        std::vector<Fence> fences;
        std::uint32_t rows = 0;
        for (std::uint64_t page = prng.between(1, 100); page > 0; --page) {
            const auto count =
                static_cast<std::uint32_t>(prng.chance(1, 3) ? prng.between(1, count_max) : 1);
            fences.push_back({.first_key = rows, .first_row = rows, .count = count});
            rows += count;
        }
        RowTable table(RowTableId::transfers, page_size);
        table.add_chunk({.size = static_cast<std::uint32_t>(fences.size()) * page_size});
        REQUIRE(table.add_fences(fences));
        std::uint32_t page = 0;
        for (std::uint32_t row = 0; row < rows; ++row) {
            if (row >= fences[page].first_row + fences[page].count) ++page;
            REQUIRE(table.page_of(row) == page);
        }
    }
}

TEST_CASE("a row is found by its number and by its time") {
    const RowTable table = sample_table();
    CHECK(table.row_count() == 31);
    CHECK(table.page_count() == 3);
    CHECK(table.segment() == 5);
    CHECK(table.page_of(0) == 0);
    CHECK(table.page_of(9) == 0);
    CHECK(table.page_of(10) == 1);
    CHECK(table.page_of(11) == 2);
    CHECK(table.page_of(30) == 2);

    struct Row {
        std::uint64_t timestamp;
        std::uint32_t page;
    };

    const Row rows[] = {{0, 0},   {100, 0}, {101, 0}, {199, 0},       {200, 1},
                        {201, 2}, {202, 2}, {999, 2}, {UINT64_MAX, 2}};
    for (const Row& row : rows) {
        CAPTURE(row.timestamp);
        CHECK(table.page_from(row.timestamp) == row.page);
    }
    CHECK(RowTable(RowTableId::transfers, page_size).page_from(7) == 0);
    const storage::PageAddress address = table.address(2);
    CHECK(address.id == storage::PageId{.segment = 5, .number = 2});
    CHECK(address.offset == 4 * page_size);
    CHECK(address.checksum == 3);
}

TEST_CASE("fences with gaps, without rows, out of order or without pages are refused") {
    const Fence good{.first_key = 201, .first_row = 31, .count = 5};

    struct Row {
        const char* what;
        Fence fence;
        bool accepted;
    };

    const Row rows[] = {
        {"fits", good, true},
        {"gap", {.first_key = 201, .first_row = 32, .count = 5}, false},
        {"overlap", {.first_key = 201, .first_row = 30, .count = 5}, false},
        {"no rows", {.first_key = 201, .first_row = 31, .count = 0}, false},
        {"too many rows", {.first_key = 201, .first_row = 31, .count = UINT32_MAX - 30}, false},
        {"earlier", {.first_key = 200, .first_row = 31, .count = 5}, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        RowTable table = sample_table();
        table.add_chunk({.offset = page_size, .size = page_size});
        CHECK(table.add_fences(std::span(&row.fence, 1)) == row.accepted);
    }
    RowTable table = sample_table();
    CHECK_FALSE(table.add_fences(std::span(&good, 1)));  // its page has no chunk
}

Run sample_run(std::uint32_t pages, std::uint32_t pairs) {
    Run run(page_size);
    run.segment = segments::numbered_first;
    run.pair_count = pairs;
    for (std::uint32_t page = 0; page < pages; ++page) {
        run.fences.push_back({.first_key = page / 2, .first_row = page, .count = 1});
    }
    if (pages > 0) run.fences.back().count = pairs - pages + 1;
    run.filter = forest::Filter(pairs);
    for (std::uint32_t pair = 0; pair < pairs; ++pair) run.filter.insert(filter_hash(pair));
    return run;
}

CatalogImage::Run image_of(const Run& run) {
    return {.pair_count = run.pair_count,
            .page_count = static_cast<std::uint32_t>(run.fences.size()),
            .filter_size = run.filter.bytes().size()};
}

// The tail, copied in parts of this size.
std::vector<std::byte> tail_of(const Run& run, std::size_t part_size) {
    const RunTail layout =
        run_tail(static_cast<std::uint32_t>(run.fences.size()), run.filter.bytes().size());
    std::vector<std::byte> tail(layout.size, std::byte{0xff});
    for (std::size_t offset = 0; offset < tail.size(); offset += part_size) {
        const std::size_t size = std::min(part_size, tail.size() - offset);
        copy_tail(run, offset, std::span(tail).subspan(offset, size));
    }
    return tail;
}

TEST_CASE("the tail of a run comes back, however it was cut into parts") {
    for (const std::uint32_t pages : {1U, 2U, 3U, 64U, 129U}) {
        for (const std::size_t part_size : {1U, 31U, 64U, 100U, 4096U}) {
            CAPTURE(pages);
            CAPTURE(part_size);
            const Run run = sample_run(pages, 500);
            const std::vector<std::byte> tail = tail_of(run, part_size);
            Run restored(page_size);
            REQUIRE(restore_tail(tail, image_of(run), restored));
            CHECK(restored.fences == run.fences);
            CHECK(std::ranges::equal(restored.filter.bytes(), run.filter.bytes()));
        }
    }
}

TEST_CASE("the layout of a tail: fences, a whole cache line, filter") {
    struct Row {
        std::uint32_t pages;
        std::uint64_t filter;
        std::uint64_t filter_offset;
        std::uint64_t size;
    };

    const Row rows[] = {{0, 0, 0, 0}, {1, 0, 32, 32}, {1, 64, 64, 128}, {2, 128, 64, 192}};
    for (const Row& row : rows) {
        const RunTail tail = run_tail(row.pages, row.filter);
        CHECK(tail.fences_size == row.pages * 32);
        CHECK(tail.filter_offset == row.filter_offset);
        CHECK(tail.size == row.size);
    }
}

TEST_CASE("a tail that contradicts its run is refused") {
    const Run run = sample_run(5, 40);
    const CatalogImage::Run image = image_of(run);
    const std::vector<std::byte> tail = tail_of(run, 4096);
    Run restored(page_size);
    const auto refused = [&](std::vector<std::byte> bytes, const CatalogImage::Run& expected) {
        return !restore_tail(bytes, expected, restored) && restored.fences.empty();
    };
    CHECK(refused({tail.begin(), tail.end() - 1}, image));
    CatalogImage::Run other = image;
    other.page_count = 6;
    CHECK(refused(tail, other));
    other = image;
    other.pair_count = 41;
    CHECK(refused(tail, other));
    std::vector<std::byte> damaged = tail;
    damaged[5 * sizeof(Fence)] = std::byte{1};  // behind the last fence
    CHECK(refused(damaged, image));
    damaged = tail;
    damaged[7] = std::byte{1};  // the first key is above the second
    CHECK(refused(damaged, image));
    damaged = tail;
    damaged[offsetof(Fence, count)] = std::byte{0};
    CHECK(refused(damaged, image));
}

TEST_CASE("any catalog is decoded to an image that encodes to the same bytes") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const std::vector<std::byte> bytes = encode(random_catalog(prng));
        const std::optional<CatalogImage> image = decode_catalog(bytes, page_size);
        REQUIRE(image.has_value());
        CHECK(encode(*catalog_of(*image)) == bytes);
        CHECK_FALSE(decode_catalog(bytes, page_size * 2).has_value());
        CHECK_FALSE(decode_catalog(std::span(bytes).first(bytes.size() - 1), page_size));
    }
}

// Whether a catalog that was changed by one bit is refused, or says something else.
bool is_noticed(std::span<const std::byte> bytes, const CatalogImage& before) {
    const std::optional<CatalogImage> image = decode_catalog(bytes, page_size);
    if (!image.has_value()) return true;
    const std::optional<Catalog> catalog = catalog_of(*image);
    return *image != before && (!catalog.has_value() || encode(*catalog).size() == bytes.size());
}

TEST_CASE("a damaged catalog is refused or says something else, bit by bit") {
    Prng prng(7);
    std::vector<std::byte> bytes = encode(random_catalog(prng));
    const CatalogImage before = *decode_catalog(bytes, page_size);
    bool all_noticed = true;
    for (std::size_t position = 0; position < bytes.size(); ++position) {
        const std::byte bit{static_cast<std::uint8_t>(1U << prng.below(8))};
        bytes[position] ^= bit;
        all_noticed = all_noticed && is_noticed(bytes, before);
        bytes[position] ^= bit;
        const std::span<const std::byte> truncated = std::span(bytes).first(position);
        all_noticed = all_noticed && !decode_catalog(truncated, page_size).has_value();
    }
    CHECK(all_noticed);
}

// Two runs of ids, one of debits, one merge.
CatalogImage sample_image() {
    CatalogImage image;
    image.cut = 3;
    image.timestamp = 1000;
    image.transfer_timestamp_last = 999;
    image.expiry_first = UINT64_MAX;
    image.segment_next = segments::numbered_first + 5;
    image.tables[0] = {.row_count = 30, .page_count = 2};
    CatalogImage::Run run{.segment = segments::numbered_first, .index = IndexId::id};
    run.row_end = 10;
    run.pair_count = 10;
    run.page_count = 1;
    run.page_chunk_count = 1;
    run.tail_chunk_count = 1;
    run.filter_size = 64;
    run.id_min = 1;
    run.id_max = 10;
    image.runs.push_back(run);
    run.segment += 1;
    run.row_first = 10;
    run.row_end = 20;
    image.runs.push_back(run);
    run.segment += 1;
    run.index = IndexId::debit;
    run.tier = 1;
    run.row_first = 0;
    run.row_end = 30;
    run.filter_size = 0;
    run.id_min = run.id_max = 0;
    image.runs.push_back(run);
    image.merges.push_back(
        {.segment = run.segment + 1, .due = 5, .inputs = {run.segment - 2, run.segment - 1}});
    image.account_count = 2;
    image.account_image_cuts = {3};
    image.account_changes.push_back({.cut = 2, .segment = run.segment + 2});
    image.status_chunk_count = 1;
    return image;
}

TEST_CASE("the bytes of a catalog stay what they are in data files") {
    const std::vector<std::byte> bytes = encode(*catalog_of(sample_image()));
    CHECK(decode_catalog(bytes, page_size) == sample_image());
    CHECK(hex(bytes) ==
          "45434154414c4f4701000000001000000300000000000000e803000000000000e703000000000000"
          "ffffffffffffffff0500010002000000010000000100000001000000030000000100000000000000"
          "1e0000000200000000000000000000000000000000000000"                  // row tables
          "010000000000000000000000000000000a000000000000000000000000000000"  // run
          "00000100000000000a0000000a00000001000000010000000100000000000000"
          "010000000000000000000000000000000a000000000000000000000000000000"  // run
          "010001000a000000140000000a00000001000000010000000100000000000000"
          "0000000000000000000000000000000000000000000000000000000000000000"  // run
          "02000100000000001e0000000a00000001000000010000000100000002010000"
          "0300000000000000"                  // image cut
          "02000000000000000400010000000000"  // changes
          "05000000000000000300010002000000"  // merge
          "0000010001000100");                // its inputs
}

TEST_CASE("a catalog whose parts contradict each other is refused") {
    struct Row {
        const char* what;
        void (*damage)(CatalogImage&);
    };

    const Row rows[] = {
        {"no cut", [](CatalogImage& image) { image.cut = 0; }},
        {"transfers without a time",
         [](CatalogImage& image) { image.transfer_timestamp_last = 0; }},
        {"transfers from the future", [](CatalogImage& image) { image.timestamp = 998; }},
        {"rows beyond the table", [](CatalogImage& image) { image.tables[0].row_count = 29; }},
        {"runs over the same rows", [](CatalogImage& image) { image.runs[1].row_first = 9; }},
        {"a run without rows", [](CatalogImage& image) { image.runs[2].row_first = 30; }},
        {"more pairs than rows", [](CatalogImage& image) { image.runs[2].pair_count = 31; }},
        {"pages without a chunk", [](CatalogImage& image) { image.runs[2].page_chunk_count = 0; }},
        {"no tail", [](CatalogImage& image) { image.runs[2].tail_chunk_count = 0; }},
        {"ids without a range", [](CatalogImage& image) { image.runs[0].id_min = 11; }},
        {"a name twice", [](CatalogImage& image) { image.runs[2].segment -= 2; }},
        {"a name not yet given", [](CatalogImage& image) { image.segment_next -= 1; }},
        {"an image of the future", [](CatalogImage& image) { image.account_image_cuts[0] = 4; }},
        {"accounts without images", [](CatalogImage& image) { image.account_image_cuts = {}; }},
        {"changes of the future", [](CatalogImage& image) { image.account_changes[0].cut = 4; }},
        {"a merge overdue", [](CatalogImage& image) { image.merges[0].due = 3; }},
        {"inputs of another tier", [](CatalogImage& image) { image.merges[0].tier = 1; }},
        {"inputs of another index",
         [](CatalogImage& image) { image.merges[0].index = IndexId::failed_id; }},
        {"a merge without inputs", [](CatalogImage& image) { image.merges[0].inputs = {}; }},
        {"inputs in the wrong order",
         [](CatalogImage& image) { std::ranges::reverse(image.merges[0].inputs); }},
        {"statuses without transfers", [](CatalogImage& image) { image.status_chunk_count = 31; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CatalogImage image = sample_image();
        row.damage(image);
        CHECK_FALSE(decode_catalog(encode(*catalog_of(image)), page_size).has_value());
    }
}

TEST_CASE("runs that are not in the order of their indexes are refused") {
    std::vector<std::byte> bytes = encode(*catalog_of(sample_image()));
    constexpr std::size_t header_size = 80 + 3 * 8;
    constexpr std::size_t run_size = 64;
    const std::span<std::byte> runs = std::span(bytes).subspan(header_size, 3 * run_size);
    std::rotate(runs.begin(), runs.end() - run_size, runs.end());
    CHECK_FALSE(decode_catalog(bytes, page_size).has_value());
}

TEST_CASE("an input of two merges is refused") {
    CatalogImage image = sample_image();
    image.merges.push_back(image.merges[0]);
    image.merges[1].segment = image.segment_next++;
    CHECK_FALSE(decode_catalog(encode(*catalog_of(image)), page_size).has_value());
}

}  // namespace
}  // namespace elytra::engine
