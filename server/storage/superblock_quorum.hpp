#pragma once

#include <array>
#include <cstdint>

#include "server/common/fixed_vector.hpp"
#include "server/common/int.hpp"
#include "server/common/result.hpp"
#include "server/storage/layout.hpp"

// Which of the four copies to believe: a pure decision, so that it can be tested over all its
// cases.
namespace elytra::storage {

// What was found in one of the four places. Copies with equal checksums are of one version.
struct SuperblockView {
    bool intact = false;
    bool at_home = false;  // the copy number is that of the place
    std::uint64_t sequence = 0;
    u128 checksum = 0;
    u128 parent_checksum = 0;
};

using SuperblockViews = std::array<SuperblockView, superblock_copies>;

enum class QuorumFailure : std::uint8_t {
    none_intact,
    no_quorum,
    conflicting_copies,
    broken_chain
};

// The place of a copy of the version to open: the highest sequence with two copies, or else a
// single copy whose parent is there too. Two contents with one sequence, or neighbouring sequences
// that are not parent and child, are refused, because choosing could mean going back behind a
// promise.
Result<std::uint32_t, QuorumFailure> choose_superblock(const SuperblockViews& views);

using RepairOrder = FixedVector<std::uint32_t, superblock_copies>;

// The places to rewrite with the chosen version, one durable write after the other, such that a
// crash in between never leaves fewer good copies than there were: first what is of no use, then
// other versions, the parent last, then good copies in a wrong place.
RepairOrder superblock_repairs(const SuperblockViews& views, std::uint32_t chosen);

}  // namespace elytra::storage
