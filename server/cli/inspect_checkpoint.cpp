#include "server/cli/inspect_checkpoint.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "server/cli/program.hpp"
#include "server/io/exit_code.hpp"

namespace elytra::cli {

std::optional<storage::CheckpointRoot> find_checkpoint(const InspectContext& context) {
    if (!context.options.superblock_copy.has_value()) return context.superblock.state().checkpoint;
    const std::uint32_t place = *context.options.superblock_copy;
    const auto& copy = context.superblock.places[place].copy;
    if (copy.has_value()) return copy->state.checkpoint;
    print_refusal(
        {{describe_error("--superblock-copy", fmt::to_string(place),
                         fmt::format("this copy in {} is damaged", context.options.path))}});
    return std::nullopt;
}

int refuse_damage(const InspectContext& context, const inspect::Damage& damage) {
    return print_refusal(
        {{describe_error("damaged", context.options.path,
                         fmt::format("{} {} at offset {}, {} bytes: {}", to_text(damage.zone),
                                     damage.address, damage.offset, damage.size, damage.what))}});
}

int report_damages(const InspectContext& context, const std::vector<inspect::Damage>& damages) {
    for (const inspect::Damage& damage : damages) refuse_damage(context, damage);
    return static_cast<int>(damages.empty() ? io::ExitCode::success : io::ExitCode::refused);
}

}  // namespace elytra::cli
