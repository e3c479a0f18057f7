#include "tests/sim/storage_audit.hpp"

#include <algorithm>
#include <cstring>
#include <variant>

#include "server/storage/log_format.hpp"
#include "server/storage/manifest.hpp"
#include "server/storage/superblock_quorum.hpp"
#include "server/wire/checksum.hpp"
#include "tests/sim/violation.hpp"

namespace elytra::sim {

using storage::Extent;
using storage::IoOwner;

namespace {

constexpr std::size_t record_lsn_offset = 32;

std::uint64_t lsn_of_record(std::span<const std::byte> record) {
    std::uint64_t lsn = 0;
    std::memcpy(&lsn, record.data() + record_lsn_offset, sizeof(lsn));
    return lsn;
}

bool inside(std::uint64_t offset, std::uint64_t size, std::uint64_t from, std::uint64_t zone_size) {
    return offset >= from && offset + size <= from + zone_size;
}

// The block as it lies on the disk, with the checksum that its parent expects.
std::span<const std::byte> block_at(std::span<const std::byte> durable, const Extent& extent,
                                    u128 checksum) {
    require(extent.end() <= durable.size(), "S4: what a durable superblock names is in the file");
    const auto block = durable.subspan(extent.offset, extent.size);
    require(wire::checksum(block) == checksum, "S4: what a durable superblock names is durable");
    return block;
}

}  // namespace

StorageAudit::StorageAudit(const Limits& limits)
    : limits_(limits), layout_(storage::layout_of(limits)) {}

bool StorageAudit::is_superblock(std::uint64_t offset) const {
    return offset < storage::superblock_zone_size ||
           inside(offset, 0, layout_.superblock_b_offset, storage::superblock_zone_size - 1);
}

void StorageAudit::on_effects(std::span<const storage::IoEffect> effects,
                              std::span<const std::byte> durable) {
    if (!newest_.has_value()) on_superblock(durable);
    for (const storage::IoEffect& effect : effects) {
        const auto* write = std::get_if<storage::Write>(&effect);
        if (write != nullptr) check_place(*write);
    }
}

void StorageAudit::check_place(const storage::Write& write) const {
    const std::uint64_t size = write.bytes.size();
    switch (write.token.owner) {
        case IoOwner::superblock:
            return require(is_superblock(write.offset), "S2: superblock write outside its zones");
        case IoOwner::journal:
            if (inside(write.offset, size, layout_.evidence_offset, layout_.evidence_size)) return;
            require(inside(write.offset, size, layout_.log_offset, layout_.log_size),
                    "S2: journal write outside its zones");
            return check_record_write(write);
        case IoOwner::page_store:
            require(write.offset >= layout_.page_store_offset, "S2: page write outside the store");
            return check_page_write(write);
        case IoOwner::formatter:
            throw Violation("S2: an open replica does not format");
        case IoOwner::page_cache:
        case IoOwner::flush:
        case IoOwner::merge_job:
        case IoOwner::merge_read:
        case IoOwner::state_restore:
        case IoOwner::session_restore:
        case IoOwner::scrubber:
            throw Violation("S2: a write by somebody who only reads or computes");
    }
}

void StorageAudit::check_page_write(const storage::Write& write) const {
    const std::uint64_t end = write.offset + write.bytes.size();
    const bool taken = std::ranges::any_of(protected_, [&](const Extent& extent) {
        return write.offset < extent.end() && extent.offset < end;
    });
    require(!taken, "S3: a write hits an extent of a checkpoint that may still be opened");
}

// The end of the record must not reach the tail that a crash now would start from.
void StorageAudit::check_record_write(const storage::Write& write) const {
    const std::uint64_t end = lsn_of_record(write.bytes) + write.bytes.size();
    require(end - newest_->log_tail.value <= layout_.log_size,
            "S3: a record hits the part of the log that a crash now would need");
}

void StorageAudit::on_superblock(std::span<const std::byte> durable) {
    storage::SuperblockViews views{};
    std::array<std::optional<storage::SuperblockState>, storage::superblock_copies> states;
    for (std::uint32_t copy = 0; copy < storage::superblock_copies; ++copy) {
        const auto bytes =
            durable.subspan(layout_.superblock_copy_offset(copy), storage::superblock_copy_size);
        const auto decoded = storage::decode_superblock_copy(bytes);
        if (!decoded.has_value()) continue;
        states[copy] = decoded->state;
        views[copy] = {.intact = true,
                       .at_home = decoded->copy_number == copy,
                       .sequence = decoded->state.sequence,
                       .checksum = decoded->checksum,
                       .parent_checksum = decoded->state.parent_checksum};
    }
    const auto chosen = storage::choose_superblock(views);
    require(chosen.has_value(), "S5: a superblock can be chosen at every instant");
    if (newest_.has_value()) {
        require(states[*chosen]->sequence >= newest_->sequence, "S5: superblocks never go back");
    }
    newest_ = states[*chosen];
    protected_.clear();
    std::vector<storage::ManifestRoot> roots;
    for (const auto& state : states) {
        if (!state.has_value()) continue;
        const storage::CheckpointRoot& checkpoint = state->checkpoint;
        for (const auto& root : {checkpoint.manifest, checkpoint.previous_manifest}) {
            if (std::ranges::find(roots, root) != roots.end()) continue;
            roots.push_back(root);
            protect(root, durable);
        }
    }
}

// Verifies a whole checkpoint on the way.
void StorageAudit::protect(const storage::ManifestRoot& root, std::span<const std::byte> durable) {
    if (root.size == 0) return;
    const storage::ManifestBounds bounds{
        .chunk_size = limits_.chunk_size, .begin = layout_.page_store_offset, .end = UINT64_MAX};
    const auto root_block = block_at(durable, storage::extent_of(root), root.checksum);
    auto manifest = storage::decode_root(root_block, root.size, bounds);
    require(manifest.has_value(), "S4: a durable manifest can be read");
    for (std::size_t leaf = 0; leaf < manifest->leaves.size(); ++leaf) {
        const storage::BlockRef& ref = manifest->leaves[leaf];
        const auto block = block_at(durable, storage::extent_of(ref), ref.checksum);
        require(storage::decode_leaf(block, bounds, *manifest).has_value(),
                "S4: a durable manifest can be read");
    }
    for (const storage::BlockRef& chunk : manifest->chunks) {
        block_at(durable, storage::extent_of(chunk), chunk.checksum);
    }
    const auto extents = storage::extents_of(root, *manifest);
    protected_.insert(protected_.end(), extents.begin(), extents.end());
    ++checkpoints_verified_;
}

void StorageAudit::check_durable(const LoggedOp& logged, std::span<const std::byte> durable) const {
    if (newest_->checkpoint.op.value >= logged.header.op) return;
    const auto record = durable.subspan(logged.place, logged.record.size());
    require(std::ranges::equal(record, logged.record), "S6: a reply before its record is durable");
    const std::uint64_t end = lsn_of_record(logged.record) + logged.record.size();
    const storage::LogIdentity identity{.cluster = newest_->identity.cluster,
                                        .replica = newest_->identity.replica};
    for (std::uint32_t slot = 0; slot < limits_.evidence_sectors; ++slot) {
        const std::uint64_t offset = layout_.evidence_offset + std::uint64_t{slot} * sector_size;
        const auto evidence =
            storage::decode_evidence(identity, durable.subspan(offset, sector_size));
        if (evidence.has_value() && evidence->durable.value >= end) return;
    }
    throw Violation("S6: a reply before its evidence is durable");
}

}  // namespace elytra::sim
