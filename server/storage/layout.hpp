#pragma once

#include <cstddef>
#include <cstdint>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"
#include "server/common/strong.hpp"

// Where the zones of a data file lie (byte tables: README.md beside this file).
namespace elytra::storage {

inline constexpr std::uint32_t superblock_copies = 4;
inline constexpr std::uint32_t superblock_copy_size = 32U << 10;
inline constexpr std::uint32_t superblock_copy_distance = 64U << 10;
inline constexpr std::uint32_t superblock_zone_size = 2 * superblock_copy_distance;
inline constexpr std::uint32_t page_store_alignment = 64U << 10;

// Copies 0 and 1 are at the very start, so that a file can be recognised before its log size is
// known; copies 2 and 3 lie behind the log, so that one damaged area cannot take all four.
struct Layout {
    std::uint64_t evidence_offset = 0;
    std::uint64_t evidence_size = 0;
    std::uint64_t log_offset = 0;
    std::uint64_t log_size = 0;
    std::uint64_t superblock_b_offset = 0;
    std::uint64_t page_store_offset = 0;  // also the size of an empty file

    constexpr std::uint64_t superblock_copy_offset(std::uint32_t copy) const {
        ELYTRA_ASSERT(copy < superblock_copies);
        const std::uint64_t zone = copy < 2 ? 0 : superblock_b_offset;
        return zone + std::uint64_t{copy % 2} * superblock_copy_distance;
    }

    // Where the byte of the log with this number is, or was before the ring came around.
    constexpr std::uint64_t log_place(Lsn lsn) const { return log_offset + lsn.value % log_size; }
};

constexpr Layout layout_of(const Limits& limits) {
    ELYTRA_ASSERT(limits.log_size % sector_size == 0);
    Layout layout;
    layout.evidence_offset = superblock_zone_size;
    layout.evidence_size = std::uint64_t{limits.evidence_sectors} * sector_size;
    layout.log_offset = layout.evidence_offset + layout.evidence_size;
    layout.log_size = limits.log_size;
    layout.superblock_b_offset = layout.log_offset + layout.log_size;
    layout.page_store_offset = round_up<std::uint64_t>(
        layout.superblock_b_offset + superblock_zone_size, page_store_alignment);
    return layout;
}

static_assert(layout_of(limits_production()).page_store_offset == (64U << 20) + (512U << 10));

}  // namespace elytra::storage
