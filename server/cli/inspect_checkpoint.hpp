#pragma once

#include <optional>
#include <vector>

#include "server/cli/inspect_views.hpp"
#include "server/inspect/damage.hpp"
#include "server/storage/superblock_copy.hpp"

// What those sub-commands share that show a checkpoint.
namespace elytra::cli {

// That of the copy which --superblock-copy names, else the one that a server would open. Without
// value: that copy is damaged, and an error was printed.
std::optional<storage::CheckpointRoot> find_checkpoint(const InspectContext& context);

// Says why what was asked for cannot be shown. Returns the exit status.
int refuse_damage(const InspectContext& context, const inspect::Damage& damage);

// Says on stderr what could not be shown. Returns the exit status: a refusal if there is any.
int report_damages(const InspectContext& context, const std::vector<inspect::Damage>& damages);

}  // namespace elytra::cli
