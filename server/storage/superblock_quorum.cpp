#include "server/storage/superblock_quorum.hpp"

#include <algorithm>
#include <optional>

#include "server/common/assert.hpp"

namespace elytra::storage {

namespace {

bool same_version(const SuperblockView& left, const SuperblockView& right) {
    return left.intact && right.intact && left.checksum == right.checksum;
}

std::uint32_t copies_of(const SuperblockViews& views, const SuperblockView& version) {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        views, [&](const SuperblockView& view) { return same_version(view, version); }));
}

bool is_parent(const SuperblockView& parent, const SuperblockView& child) {
    return parent.intact && parent.sequence + 1 == child.sequence &&
           parent.checksum == child.parent_checksum;
}

// One writer makes one chain: any two versions that contradict that were not written by it.
std::optional<QuorumFailure> contradiction(const SuperblockView& left,
                                           const SuperblockView& right) {
    if (!left.intact || !right.intact || left.checksum == right.checksum) return std::nullopt;
    if (left.sequence == right.sequence) return QuorumFailure::conflicting_copies;
    if (left.sequence + 1 == right.sequence && !is_parent(left, right)) {
        return QuorumFailure::broken_chain;
    }
    return std::nullopt;
}

// Smaller is rewritten earlier; -1 is not rewritten at all.
int repair_priority(const SuperblockView& view, const SuperblockView& chosen) {
    if (same_version(view, chosen)) return view.at_home ? -1 : 3;
    if (!view.intact) return 0;
    return is_parent(view, chosen) ? 2 : 1;
}

}  // namespace

Result<std::uint32_t, QuorumFailure> choose_superblock(const SuperblockViews& views) {
    for (const SuperblockView& left : views) {
        for (const SuperblockView& right : views) {
            const std::optional<QuorumFailure> failure = contradiction(left, right);
            if (failure.has_value()) return Unexpected(*failure);
        }
    }
    std::optional<std::uint32_t> pair;    // highest sequence with two copies
    std::optional<std::uint32_t> single;  // highest sequence of all
    for (std::uint32_t place = 0; place < superblock_copies; ++place) {
        const SuperblockView& view = views[place];
        if (!view.intact) continue;
        if (!single || view.sequence > views[*single].sequence) single = place;
        if (copies_of(views, view) < 2) continue;
        if (!pair || view.sequence > views[*pair].sequence) pair = place;
    }
    if (pair.has_value()) return *pair;
    if (!single.has_value()) return Unexpected(QuorumFailure::none_intact);
    const bool chained = std::ranges::any_of(
        views, [&](const SuperblockView& view) { return is_parent(view, views[*single]); });
    if (!chained) return Unexpected(QuorumFailure::no_quorum);
    return *single;
}

RepairOrder superblock_repairs(const SuperblockViews& views, std::uint32_t chosen) {
    ELYTRA_ASSERT(chosen < superblock_copies);
    ELYTRA_ASSERT(views[chosen].intact);
    RepairOrder order;
    for (int priority = 0; priority <= 3; ++priority) {
        for (std::uint32_t place = 0; place < superblock_copies; ++place) {
            if (repair_priority(views[place], views[chosen]) == priority) order.push_back(place);
        }
    }
    return order;
}

}  // namespace elytra::storage
