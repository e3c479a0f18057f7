#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/common/limits.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/damage.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/superblock.hpp"
#include "server/storage/superblock_copy.hpp"

namespace elytra::inspect {

// One of the four places of a superblock copy.
struct SuperblockPlace {
    std::uint64_t offset = 0;
    std::optional<storage::SuperblockCopy> copy;  // nothing that is not intact
};

struct SuperblockReport {
    std::array<SuperblockPlace, storage::superblock_copies> places;
    storage::SuperblockFailure failure = storage::SuperblockFailure::none;
    std::uint64_t found = 0;   // the format version or log size that is not ours
    std::uint32_t chosen = 0;  // the place that a server would open; only without failure

    const storage::SuperblockState& state() const { return places[chosen].copy->state; }

    bool any_intact() const;
};

// Reads and judges all four copies as a server does when it opens the file.
SuperblockReport read_superblock(ByteSource& source, const Limits& limits);

// Copies that are not what the quorum says. A version that was being written when its process
// died is none: see superblock_notes().
std::vector<Damage> superblock_damages(const SuperblockReport& report);

// What is unusual and harmless.
std::vector<std::string> superblock_notes(const SuperblockReport& report);

}  // namespace elytra::inspect
