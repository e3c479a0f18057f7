#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_checkpoint.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/inspect/table_list.hpp"
#include "server/io/exit_code.hpp"

namespace elytra::cli {
namespace {

using inspect::TableChunk;

std::string_view mark_of(TableChunk::Place place) {
    switch (place) {
        case TableChunk::Place::newest:
            return "I";
        case TableChunk::Place::both:
            return "U";
        case TableChunk::Place::log:
            return "W";
    }
    return {};
}

std::string keys_of(const TableChunk& chunk) {
    return fmt::format("{}..{}", chunk.key_min,
                       chunk.key_max.has_value() ? fmt::to_string(*chunk.key_max) : "?");
}

void print_chunk(const InspectContext& context, const TableChunk& chunk) {
    Fields fields;
    fields.text("T", context.options.tree.name).number("L", chunk.level);
    if (chunk.has_keys) fields.text("K", keys_of(chunk));
    fields.number("V", chunk.values);
    if (chunk.pages > 0) fields.number("P", chunk.pages);
    fields.text("part", chunk.part);
    if (chunk.place == TableChunk::Place::log) {
        fields.number("op", chunk.op);
    } else {
        fields.number("S", chunk.segment).number("N", chunk.chunk);
    }
    fields.checksum("C", chunk.checksum)
        .number("A", chunk.offset / sector_size)
        .number("O", chunk.offset);
    context.output.line({.kind = "table",
                         .mark = std::string(mark_of(chunk.place)),
                         .title = {},
                         .fields = std::move(fields)});
}

std::vector<TableChunk> list_checkpoint(const InspectContext& context,
                                        const storage::CheckpointRoot& checkpoint,
                                        std::vector<inspect::Damage>& damages) {
    const inspect::Checkpoints checkpoints =
        inspect::read_checkpoints(context.source, context.limits, checkpoint);
    std::vector<TableChunk> list;
    if (checkpoints.newest.damage.has_value()) damages.push_back(*checkpoints.newest.damage);
    if (!checkpoints.newest.manifest.has_value()) return list;
    inspect::Content content(context.source, context.limits, checkpoints.newest);
    if (content.catalog().has_value()) {
        list = inspect::list_chunks(context.source, context.limits, checkpoints, content,
                                    context.options.tree, context.options.level);
    }
    for (inspect::Damage& damage : content.damages()) damages.push_back(std::move(damage));
    return list;
}

}  // namespace

int show_tables(const InspectContext& context) {
    const auto checkpoint = find_checkpoint(context);
    if (!checkpoint.has_value()) return static_cast<int>(io::ExitCode::refused);
    std::vector<inspect::Damage> damages;
    std::vector<TableChunk> list = list_checkpoint(context, *checkpoint, damages);
    // The log goes on from the checkpoint that a server would open.
    const bool with_log =
        !context.options.superblock_copy.has_value() && context.options.level.value_or(0) == 0;
    if (with_log) {
        const auto in_log = inspect::list_log(context.source, context.limits,
                                              context.superblock.state(), context.options.tree);
        list.insert(list.end(), in_log.begin(), in_log.end());
    }
    for (const TableChunk& chunk : list) {
        if (context.output.closed()) break;
        print_chunk(context, chunk);
    }
    if (list.empty() && damages.empty()) {
        context.output.line({.kind = "note",
                             .mark = {},
                             .title = "no tables:",
                             .fields = Fields().text("T", context.options.tree.name)});
    }
    return report_damages(context, damages);
}

}  // namespace elytra::cli
