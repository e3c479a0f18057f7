#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/storage/free_extents.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/superblock_copy.hpp"
#include "tests/sim/model.hpp"

namespace elytra::sim {

// Watches the writes of a replica against what is durable on its disk (storage spec, S2 to S6). It
// reads the disk by itself and trusts nothing that the replica says. Only for disks without damage.
class StorageAudit {
public:
    explicit StorageAudit(const Limits& limits);

    // Before the writes reach the disk. `durable`: what a crash now would leave for certain.
    void on_effects(std::span<const storage::IoEffect> effects, std::span<const std::byte> durable);

    // After a write to the superblock became durable, and after a crash.
    void on_superblock(std::span<const std::byte> durable);

    // Record and evidence of the op survive a crash, or a durable checkpoint holds its effects.
    void check_durable(const LoggedOp& logged, std::span<const std::byte> durable) const;

    bool is_superblock(std::uint64_t offset) const;

    std::uint64_t checkpoints_verified() const { return checkpoints_verified_; }

private:
    void check_place(const storage::Write& write) const;
    void check_page_write(const storage::Write& write) const;
    void check_record_write(const storage::Write& write) const;
    void protect(const storage::ManifestRoot& root, std::span<const std::byte> durable);

    Limits limits_;
    storage::Layout layout_;
    std::optional<storage::SuperblockState> newest_;  // that a crash now would open
    std::vector<storage::Extent> protected_;          // of every version that it could open
    std::uint64_t checkpoints_verified_ = 0;
};

}  // namespace elytra::sim
