#include "server/forest/column_page.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "server/common/prng.hpp"
#include "server/wire/bytes.hpp"
#include "server/wire/checksum.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

constexpr PageName name{.segment = 7, .number = 3};

using Columns = std::vector<std::vector<std::uint64_t>>;

struct Encoded {
    std::vector<std::byte> page;
    std::uint32_t rows = 0;

    Encoded(const Columns& columns, std::size_t page_size) : page(page_size, std::byte{0xee}) {
        const std::vector<std::span<const std::uint64_t>> spans(columns.begin(), columns.end());
        rows = encode_columns(name, spans, page);
    }
};

std::uint32_t count_of(const Columns& columns) {
    return static_cast<std::uint32_t>(columns.size());
}

void check_round_trip(const Columns& columns, const Encoded& encoded) {
    const auto opened = ColumnPage::open(name, count_of(columns), encoded.page);
    REQUIRE(opened.has_value());
    REQUIRE(opened->row_count() == encoded.rows);
    for (std::uint32_t column = 0; column < columns.size(); ++column) {
        for (std::uint32_t row = 0; row < encoded.rows; ++row) {
            CAPTURE(column);
            CAPTURE(row);
            REQUIRE(opened->value(column, row) == columns[column][row]);
        }
    }
}

std::size_t byte_width(std::uint64_t value) {
    std::size_t width = 0;
    for (; value != 0; value >>= 8) ++width;
    return width;
}

// What so many leading rows need, computed anew.
std::size_t naive_size(const Columns& columns, std::size_t rows) {
    std::size_t size = sizeof(PageHeader) + columns.size();
    for (const auto& column : columns) {
        const auto [min, max] =
            std::minmax_element(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(rows));
        size += byte_width(*min) + rows * byte_width(*max - *min);
    }
    return size;
}

// Of a random shape: constant, ascending, or random numbers of some width around some base.
std::vector<std::uint64_t> random_column(Prng& prng, std::size_t rows) {
    std::vector<std::uint64_t> column(rows);
    const std::uint64_t base = prng.chance(1, 3) ? 0 : prng.next() >> prng.below(64);
    const std::uint64_t mask = ~std::uint64_t{0} >> prng.below(64);
    const std::uint64_t shape = prng.below(4);
    for (std::size_t i = 0; i < rows; ++i) {
        column[i] = base;
        if (shape == 1) column[i] += i * 1000;
        if (shape == 2) column[i] += prng.next() & mask;
        if (shape == 3 && prng.chance(1, 100)) column[i] = prng.next();
    }
    return column;
}

Columns random_columns(Prng& prng) {
    Columns columns(prng.between(1, columns_max));
    const std::size_t rows = prng.between(1, 512);
    for (auto& column : columns) column = random_column(prng, rows);
    return columns;
}

}  // namespace

TEST_CASE("columns of any shape come back from a page that is as full as possible") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        const Columns columns = random_columns(prng);
        const std::size_t page_size = prng.chance(1, 2) ? 4096 : 8192;
        const Encoded encoded(columns, page_size);
        check_round_trip(columns, encoded);
        const std::size_t size_max = page_size - page_tail_size;
        REQUIRE(naive_size(columns, encoded.rows) <= size_max);
        if (encoded.rows < columns.front().size()) {
            CHECK(naive_size(columns, encoded.rows + 1) > size_max);
        }
    }
}

TEST_CASE("what the rows behind the page are makes no difference to it") {
    Prng prng(3);
    Columns columns(35);
    for (auto& column : columns) column = random_column(prng, 512);
    const Encoded encoded(columns, 8192);
    REQUIRE(encoded.rows < 500);
    for (auto& column : columns) column.resize(encoded.rows);
    CHECK(Encoded(columns, 8192).page == encoded.page);
}

TEST_CASE("constant columns take their value only") {
    const Columns columns(35, std::vector<std::uint64_t>(100'000, 0x1234));
    const Encoded encoded(columns, 4096);
    CHECK(encoded.rows == 100'000);
    CHECK(wire::load<std::uint16_t>(encoded.page, 10) == 16 + 35 + 35 * 2);
    check_round_trip(columns, encoded);
}

TEST_CASE("a row of the widest columns fits into the smallest page") {
    const Columns columns(columns_max, {UINT64_MAX, 0});
    const Encoded encoded(columns, 4096);
    CHECK(encoded.rows == 2);
    check_round_trip(columns, encoded);
    const Encoded single(Columns(columns_max, {UINT64_MAX}), 4096);
    CHECK(single.rows == 1);
}

TEST_CASE("rows that are far from the others end a page") {
    Columns columns(2, std::vector<std::uint64_t>(512, 5));
    for (std::size_t i = 0; i < 512; ++i) columns[0][i] = i < 300 ? i % 200 : i << 40;
    Columns wide = columns;
    wide.resize(60, columns[0]);
    const Encoded encoded(wide, 8192);
    check_round_trip(wide, encoded);
    CHECK(encoded.rows < 300);
    CHECK(naive_size(wide, encoded.rows + 1) > 8192 - page_tail_size);
}

TEST_CASE("every width comes back at both of its ends") {
    for (std::uint32_t width = 0; width <= 8; ++width) {
        CAPTURE(width);
        const std::uint64_t max = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - 8 * width);
        const Columns columns = {{0, max, max / 2, 1 & max}, {max, max, 0, max}};
        check_round_trip(columns, Encoded(columns, 4096));
    }
}

TEST_CASE("damaged columns are refused or read without harm") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        CAPTURE(seed);
        Prng prng(seed);
        static const Columns columns = [] {
            Prng shapes(1);
            return random_columns(shapes);
        }();
        Encoded encoded(columns, 4096);
        const std::uint64_t changes = prng.between(1, 3);
        for (std::uint64_t i = 0; i < changes; ++i) {
            encoded.page[prng.below(prng.chance(1, 2) ? 100 : 4096)] = std::byte(prng.below(256));
        }
        const auto opened = ColumnPage::open(name, count_of(columns), encoded.page);
        if (!opened.has_value()) continue;
        const std::uint32_t last = opened->row_count() - 1;
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < columns.size(); ++i) sum += opened->value(i, last);
        CHECK(sum == sum);
    }
}

TEST_CASE("a page of columns is refused where its parts contradict each other") {
    const Columns columns = {{5, 6, 7}, {300, 300, 300}};
    const Encoded encoded(columns, 4096);
    const std::size_t length = 16 + 2 + 1 + 2 + 3;
    REQUIRE(wire::load<std::uint16_t>(encoded.page, 10) == length);

    struct Row {
        std::size_t offset;
        std::uint8_t value;
        PageError error;
    };

    constexpr Row rows[] = {
        {10, 17, PageError::bad_padding},   // behind the first descriptor
        {12, 4, PageError::bad_length},     // one row more
        {16, 0x12, PageError::bad_length},  // wider values
        {16, 0x19, PageError::bad_content},
        {17, 0x90, PageError::bad_length},
        {17, 0x30, PageError::bad_length},
        {20, 0x00, PageError::bad_content},  // a base that is wider than it needs to be
    };
    for (const Row& row : rows) {
        CAPTURE(row.offset);
        CAPTURE(row.value);
        Encoded damaged = encoded;
        damaged.page[row.offset] = std::byte{row.value};
        const auto opened = ColumnPage::open(name, 2, damaged.page);
        REQUIRE(!opened.has_value());
        CHECK(to_text(opened.error()) == to_text(row.error));
    }
    CHECK(!ColumnPage::open(name, 1, encoded.page).has_value());
    CHECK(!ColumnPage::open(name, 3, encoded.page).has_value());
}

TEST_CASE("the format of columns does not change") {
    const Columns columns = {
        {1000, 1001, 1255}, {0, 0, 0}, {70'000, 70'000, 70'000}, {1, 2, 65'537}};
    const Encoded encoded(columns, 4096);
    constexpr std::uint8_t expected[] = {
        7,    0,    0,    0,    3,    0, 0, 0, 1, 1, 38, 0, 3, 0, 0, 0,  // header
        0x21, 0x00, 0x30, 0x13,                                          // descriptors
        0xe8, 0x03, 0x70, 0x11, 0x01, 1,                                 // bases
        0,    1,    255,  0,    0,    0, 1, 0, 0, 0, 0,  1,              // distances
    };
    CHECK(std::ranges::equal(std::span(encoded.page).first(sizeof(expected)),
                             std::as_bytes(std::span(expected))));
    CHECK(sizeof(expected) == 38);
}
