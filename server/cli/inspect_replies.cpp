#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_checkpoint.hpp"
#include "server/cli/inspect_fields.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/session_report.hpp"
#include "server/io/exit_code.hpp"

namespace elytra::cli {
namespace {

using Body = std::optional<std::vector<std::byte>>;

Fields fields_of(const inspect::SessionEntry& entry) {
    const wire::ReplyHeader& reply = entry.row.reply;
    return Fields()
        .number("slot", entry.slot)
        .large("client", reply.client)
        .number("session", entry.row.session)
        .number("request", reply.request)
        .number("op", reply.op)
        .number("size", reply.frame.size)
        .text("operation", operation_text(reply.operation))
        .number("timestamp", reply.timestamp)
        .checksum("checksum", reply.frame.checksum);
}

void print_session(const inspect::SessionEntry& entry, const Body& body, InspectOutput& output) {
    output.line({.kind = "session",
                 .mark = body.has_value() ? "||" : "|_",
                 .title = {},
                 .fields = fields_of(entry)});
}

void print_reply(const inspect::SessionEntry& entry, const Body& body, InspectOutput& output) {
    output.line({.kind = "header",
                 .mark = {},
                 .title = "header:",
                 .name_prefix = ".",
                 .fields = header_fields(entry.row.reply)});
    if (body.has_value()) print_results(entry.row.reply.operation, *body, output);
}

void print_none(const std::optional<std::uint32_t>& slot, InspectOutput& output) {
    OutputLine line{.kind = "note", .mark = {}, .title = "no client sessions", .fields = {}};
    if (slot.has_value()) {
        line.title = "no client session:";
        line.fields.number("slot", *slot);
    }
    output.line(line);
}

}  // namespace

int show_replies(const InspectContext& context) {
    const auto checkpoint = find_checkpoint(context);
    if (!checkpoint.has_value()) return static_cast<int>(io::ExitCode::refused);
    const inspect::ManifestReport manifest =
        inspect::read_manifest(context.source, context.limits, "newest", checkpoint->manifest);
    if (!manifest.manifest.has_value()) {
        if (manifest.damage.has_value()) return refuse_damage(context, *manifest.damage);
        print_none(context.options.slot, context.output);
        return static_cast<int>(io::ExitCode::success);
    }
    inspect::Content content(context.source, context.limits, manifest);
    content.damages().clear();  // of the catalog: no matter here
    bool any = false;
    for (const inspect::SessionEntry& entry : inspect::read_sessions(content, context.limits)) {
        const std::optional<std::uint32_t>& slot = context.options.slot;
        if (context.output.closed()) break;
        if (slot.has_value() && *slot != entry.slot) continue;
        const Body body = inspect::read_reply(content, entry);
        print_session(entry, body, context.output);
        if (slot.has_value()) print_reply(entry, body, context.output);
        any = true;
    }
    if (!any && content.damages().empty()) print_none(context.options.slot, context.output);
    return report_damages(context, content.damages());
}

}  // namespace elytra::cli
