#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/common/int.hpp"

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
