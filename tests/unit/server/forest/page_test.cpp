#include "server/forest/page.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include <doctest/doctest.h>

#include "server/wire/bytes.hpp"

using namespace elytra;
using namespace elytra::forest;

namespace {

constexpr std::size_t page_size = 4096;
constexpr PageName name{.segment = 7, .number = 3};
constexpr std::uint32_t length = 100;

std::array<std::byte, page_size> sealed_page() {
    std::array<std::byte, page_size> page;
    page.fill(std::byte{1});
    seal_page(name, PageKind::pairs, length, 5, page);
    return page;
}

}  // namespace

TEST_CASE("a header comes back, and what is behind the length is zero") {
    const auto page = sealed_page();
    const auto header = open_page(name, PageKind::pairs, page);
    REQUIRE(header.has_value());
    CHECK(header->length == length);
    CHECK(header->count == 5);
    CHECK(page[length - 1] == std::byte{1});
    CHECK(wire::all_zero(std::span(page).subspan(length)));
}

TEST_CASE("each part of a header has its own error") {
    struct Row {
        std::size_t offset;
        std::uint8_t value;
        PageError error;
    };

    constexpr Row rows[] = {
        {0, 8, PageError::wrong_name},    {3, 1, PageError::wrong_name},
        {4, 4, PageError::wrong_name},    {8, 1, PageError::wrong_kind},
        {8, 0, PageError::wrong_kind},    {9, 2, PageError::unknown_version},
        {10, 15, PageError::bad_length},  {11, 0x10, PageError::bad_length},
        {10, 99, PageError::bad_padding}, {length, 1, PageError::bad_padding},
        {12, 0, PageError::bad_content},  {page_size - 1, 1, PageError::bad_padding},
    };
    for (const Row& row : rows) {
        CAPTURE(row.offset);
        auto page = sealed_page();
        page[row.offset] = std::byte{row.value};
        const auto header = open_page(name, PageKind::pairs, page);
        REQUIRE(!header.has_value());
        CHECK(to_text(header.error()) == to_text(row.error));
    }
}

TEST_CASE("the tail of a page is no part of its meaning") {
    std::array<std::byte, page_size> page{};
    seal_page(name, PageKind::columns, page_size - page_tail_size, 1, page);
    CHECK(open_page(name, PageKind::columns, page).has_value());
    wire::store<std::uint16_t>(page, 10, page_size - page_tail_size + 1);
    CHECK(open_page(name, PageKind::columns, page).error() == PageError::bad_length);
}
