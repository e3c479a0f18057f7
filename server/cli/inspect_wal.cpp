#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_fields.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/inspect/log_report.hpp"
#include "server/io/exit_code.hpp"

namespace elytra::cli {
namespace {

using inspect::LogEntry;
using inspect::RecordClass;

std::string mark_of(const LogEntry& entry) {
    if (entry.header_intact) return entry.body_intact ? "||" : "|_";
    return entry.record_class == RecordClass::unknown ? "__" : "_|";
}

Fields fields_of(const LogEntry& entry) {
    Fields fields;
    fields.text("class", inspect::to_text(entry.record_class));
    if (entry.lsn.has_value()) fields.number("lsn", entry.lsn->value);
    if (entry.record_class == RecordClass::unknown) fields.number("lsn_end", entry.end.value);
    if (entry.op.value == 0) return fields;
    fields.number("slot", entry.op.value % wal_slots).number("op", entry.op.value);
    if (!entry.header_intact) return fields;
    return fields.number("view", entry.prepare.frame.view)
        .number("size", entry.prepare.frame.size)
        .text("operation", operation_text(entry.prepare.operation))
        .number("timestamp", entry.prepare.timestamp)
        .number("watermark", entry.watermark.value)
        .checksum("checksum", entry.prepare.frame.checksum);
}

void print_record(const LogEntry& entry, InspectOutput& output) {
    output.line(
        {.kind = "record", .mark = mark_of(entry), .title = {}, .fields = fields_of(entry)});
}

void print_summary(const inspect::LogReport& report, InspectOutput& output) {
    Fields fields;
    fields.number("tail", report.tail.value)
        .number("durable", report.durable.value)
        .number("next", report.recovery.next.value)
        .number("head", report.recovery.head.value);
    if (report.evidence.newest.has_value()) {
        fields.number("epoch", report.evidence.newest->epoch)
            .number("evidence_view", report.evidence.newest->view.value);
    }
    fields.number("evidence_damaged", report.evidence.damaged.size())
        .number("records", report.entries.size())
        .number("faults", report.recovery.faults.size())
        .number("torn", report.recovery.torn.size());
    output.line({.kind = "log", .mark = {}, .title = "log:", .fields = std::move(fields)});
}

void print_details(const InspectContext& context, const LogEntry& entry) {
    print_record(entry, context.output);
    if (!entry.header_intact) return;
    context.output.line({.kind = "header",
                         .mark = {},
                         .title = "header:",
                         .name_prefix = ".",
                         .fields = header_fields(entry.prepare)});
    if (!entry.body_intact) return;
    print_events(entry.prepare.operation, read_body(context.source, context.limits, entry),
                 context.output);
}

}  // namespace

int show_wal(const InspectContext& context) {
    const inspect::LogReport report =
        inspect::read_log(context.source, context.limits, context.superblock.state());
    const auto& slot = context.options.slot;
    if (!slot.has_value()) print_summary(report, context.output);
    bool found = false;
    for (const LogEntry& entry : report.entries) {
        if (context.output.closed()) break;
        if (!slot.has_value()) {
            print_record(entry, context.output);
        } else if (entry.op.value != 0 && entry.op.value % wal_slots == *slot) {
            print_details(context, entry);
            found = true;
        }
    }
    if (slot.has_value() && !found) {
        context.output.line({.kind = "record",
                             .mark = "__",
                             .title = {},
                             .fields = Fields().text("class", "never").number("slot", *slot)});
    }
    return static_cast<int>(io::ExitCode::success);
}

}  // namespace elytra::cli
