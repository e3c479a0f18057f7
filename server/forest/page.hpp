#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/common/int.hpp"
#include "server/common/result.hpp"

// What all pages have in common: which page it is, and how much of it means something. The checksum
// of a page is kept by its parent (Fence), so that a stale or misplaced page is recognised.
namespace elytra::forest {

enum class PageKind : std::uint8_t { columns = 1, pairs = 2 };

// Names are never used twice.
struct PageName {
    std::uint32_t segment = 0;
    std::uint32_t number = 0;  // in the segment

    bool operator==(const PageName&) const = default;
};

struct PageHeader {
    std::uint32_t segment = 0;
    std::uint32_t number = 0;
    PageKind kind{};
    std::uint8_t version = 0;
    std::uint16_t length = 0;  // bytes of meaning, this header included; zeros follow
    std::uint32_t count = 0;   // rows or pairs
};

static_assert(sizeof(PageHeader) == 16);

inline constexpr std::uint8_t page_version = 1;

enum class PageError : std::uint8_t {
    wrong_name,
    wrong_kind,
    unknown_version,
    bad_length,
    bad_content,  // sizes, counts or orders that contradict each other
    bad_padding,  // bytes behind the meaning that are not zero
};

std::string_view to_text(PageError error);

// At least so many zeros end every page. So whatever is in the page, wherever it starts, can be
// read with one load of eight bytes.
inline constexpr std::uint32_t page_tail_size = 8;

inline constexpr std::uint32_t page_size_max = 1U << 15;  // the length is a number of 16 bits

// Fills in the header, version included, and the zeros behind `length`.
// Requires: sizeof(PageHeader) <= length <= page.size() - page_tail_size.
void seal_page(PageName name, PageKind kind, std::uint32_t length, std::uint32_t count,
               std::span<std::byte> page);

// The header of a page whose name and kind are as expected, that has a count and ends in zeros.
Result<PageHeader, PageError> open_page(PageName name, PageKind kind,
                                        std::span<const std::byte> page);

// What a parent knows of a page of pairs or rows, besides where it is.
struct Fence {
    std::uint64_t first_key = 0;  // of rows: the first timestamp
    std::uint32_t first_row = 0;
    std::uint32_t count = 0;  // rows or pairs
    u128 checksum = 0;        // of the whole page

    bool operator==(const Fence&) const = default;
};

static_assert(sizeof(Fence) == 32);

}  // namespace elytra::forest
