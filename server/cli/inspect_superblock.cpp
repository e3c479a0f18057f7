#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_fields.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/io/exit_code.hpp"
#include "server/wire/release.hpp"

namespace elytra::cli {
namespace {

using storage::superblock_copies;

Fields fields_of(const storage::ManifestRoot& root) {
    return Fields()
        .number("offset", root.offset)
        .number("size", root.size)
        .checksum("checksum", root.checksum);
}

Fields fields_of(const storage::CheckpointRoot& checkpoint) {
    return Fields()
        .number("op", checkpoint.op.value)
        .number("timestamp", checkpoint.timestamp)
        .checksum("id", checkpoint.id)
        .append("manifest.", fields_of(checkpoint.manifest))
        .append("previous_manifest.", fields_of(checkpoint.previous_manifest))
        .append("header.", header_fields(checkpoint.header));
}

Fields fields_of(const storage::SuperblockCopy& copy) {
    const storage::SuperblockState& state = copy.state;
    Fields fields;
    fields.checksum("checksum", copy.checksum)
        .number("copy", copy.copy_number)
        .number("version", storage::format_version)
        .text("release_format", wire::to_text(wire::Release{state.identity.release}))
        .number("sequence", state.sequence)
        .checksum("parent", state.parent_checksum)
        .large("cluster", state.identity.cluster.value)
        .number("replica", state.identity.replica.value)
        .number("replica_count", state.identity.replica_count)
        .text("standby", state.identity.standby ? "true" : "false")
        .text("complete", state.complete ? "true" : "false")
        .number("log_size", state.log_size)
        .number("evidence_sectors", state.evidence_sectors)
        .number("view", state.view.value)
        .number("log_view", state.log_view.value)
        .number("view_floor", state.view_floor.value)
        .number("commit_max", state.commit_max)
        .number("log_tail", state.log_tail.value)
        .append("checkpoint.", fields_of(state.checkpoint))
        .number("view_headers", state.suffix_count);
    for (std::uint32_t i = 0; i < state.suffix_count; ++i) {
        fields.append(fmt::format("view_headers[{}].", i), header_fields(state.suffix_headers[i]));
    }
    return fields;
}

using Columns = std::array<std::optional<Fields>, superblock_copies>;

const Field* find(const std::optional<Fields>& column, std::string_view name) {
    if (!column.has_value()) return nullptr;
    const auto found = std::ranges::find(column->list(), name, &Field::name);
    return found == column->list().end() ? nullptr : &*found;
}

std::string mark_of(const Columns& columns, const Field& field) {
    std::string mark;
    for (const std::optional<Fields>& column : columns) {
        const Field* other = find(column, field.name);
        const bool same = other != nullptr && other->value == field.value;
        mark += !column.has_value() ? 'X' : same ? '|' : '_';
    }
    return mark;
}

// One line for each value of a field that some copy has; each is shown at the first copy with it.
void print_column(const Columns& columns, std::uint32_t place, std::string_view name,
                  InspectOutput& output) {
    const Field* field = find(columns[place], name);
    if (field == nullptr) return;
    std::string mark = mark_of(columns, *field);
    if (mark.find('|') != place) return;
    output.line({.kind = "superblock",
                 .mark = std::move(mark),
                 .title = {},
                 .fields = Fields().add(*field)});
}

}  // namespace

int show_superblock(const InspectContext& context) {
    Columns columns;
    std::vector<std::string> names;  // of all copies, in the order of the longest
    for (std::uint32_t place = 0; place < superblock_copies; ++place) {
        const auto& copy = context.superblock.places[place].copy;
        if (!copy.has_value()) continue;
        columns[place] = fields_of(*copy);
        for (const Field& field : columns[place]->list()) {
            if (std::ranges::find(names, field.name) == names.end()) names.push_back(field.name);
        }
    }
    for (const std::string& name : names) {
        for (std::uint32_t place = 0; place < superblock_copies; ++place) {
            print_column(columns, place, name, context.output);
        }
    }
    if (context.superblock.failure != storage::SuperblockFailure::none) {
        context.log.warning("a server would refuse to open this superblock");
    }
    for (const inspect::Damage& damage : inspect::superblock_damages(context.superblock)) {
        context.log.warning("superblock {}: {}", damage.address, damage.what);
    }
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace elytra::cli
