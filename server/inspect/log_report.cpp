#include "server/inspect/log_report.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/log_format.hpp"

namespace elytra::inspect {

namespace {

using storage::LogClass;

constexpr std::size_t piece_size = 1U << 20;  // of one read of the ring

storage::LogIdentity log_identity(const storage::SuperblockState& superblock) {
    return {.cluster = superblock.identity.cluster, .replica = superblock.identity.replica};
}

// Goes around the ring once, from the tail's place on, and finds every record whose header is
// readable, also of the time before the tail. What it finds is shown; what it means is the business
// of JournalRecovery.
class RingScan {
public:
    RingScan(ByteSource& source, const Limits& limits, const storage::SuperblockState& superblock)
        : source_(source),
          layout_(storage::layout_of(limits)),
          identity_(log_identity(superblock)),
          tail_(superblock.log_tail),
          record_size_max_(storage::record_length(limits.message_size_max)) {}

    std::vector<LogEntry> run() {
        SectorBuffer buffer(std::min<std::uint64_t>(piece_size, layout_.log_size));
        std::uint64_t size = 0;
        for (std::uint64_t done = 0; done < layout_.log_size; done += size) {
            const std::uint64_t place = (tail_.value + done) % layout_.log_size;
            size = std::min(
                {std::uint64_t{buffer.size()}, layout_.log_size - place, layout_.log_size - done});
            source_.read(layout_.log_offset + place, buffer.bytes().first(size));
            for (std::uint64_t i = 0; i < size; i += sector_size) {
                if (done + i < next_) continue;
                visit(done + i, place + i, buffer.bytes().subspan(i, sector_size));
            }
        }
        return std::move(entries_);
    }

private:
    void visit(std::uint64_t done, std::uint64_t place, std::span<const std::byte> sector) {
        const Lsn lsn = storage::claimed_lsn(sector);
        if (lsn.value % layout_.log_size != place) return;
        const auto header = storage::decode_record(identity_, lsn, sector, record_size_max_);
        if (!header.has_value()) return;
        const std::uint64_t length = storage::record_length(header->prepare.frame.size);
        if (place + length > layout_.log_size) return;
        SectorBuffer record(length);
        source_.read(layout_.log_offset + place, record.bytes());
        const bool body_intact = storage::record_body_intact(*header, record.bytes());
        entries_.push_back({.record_class = RecordClass::released,
                            .lsn = lsn,
                            .op = Op{header->prepare.op},
                            .header_intact = true,
                            .body_intact = body_intact,
                            .watermark = header->watermark,
                            .prepare = header->prepare});
        if (body_intact) next_ = done + length;
    }

    ByteSource& source_;
    const storage::Layout layout_;
    const storage::LogIdentity identity_;
    const Lsn tail_;
    const std::uint32_t record_size_max_;
    std::uint64_t next_ = 0;  // sectors before it are inside of a record
    std::vector<LogEntry> entries_;
};

// Puts the judgement about the log on the records that were found, and adds those that were not.
class Judgement {
public:
    Judgement(const storage::JournalRecovery& recovery, const storage::RecoveryReport& report,
              Lsn tail)
        : recovery_(recovery), report_(report), tail_(tail) {}

    void judge(std::vector<LogEntry>& entries) const {
        for (LogEntry& entry : entries) {
            if (*entry.lsn >= tail_) entry.record_class = class_of(*entry.lsn);
        }
        for (const storage::LogFault& fault : report_.faults) add_fault(fault, entries);
        for (const Op op : report_.torn) add_torn(op, entries);
        std::ranges::sort(entries, {}, [](const LogEntry& entry) {
            return std::tuple(!entry.lsn.has_value(), entry.lsn.value_or(Lsn{}), entry.end);
        });
    }

private:
    RecordClass class_of(Lsn lsn) const {
        const auto named = [lsn](const auto& list) {
            return std::ranges::any_of(list, [lsn](const auto& one) { return one.lsn == lsn; });
        };
        const auto records = recovery_.records();
        const auto record =
            std::ranges::lower_bound(records, lsn, {}, &storage::ScannedRecord::lsn);
        if (record == records.end() || record->lsn != lsn) return RecordClass::stale;
        const auto index = static_cast<std::size_t>(record - records.begin());
        if (std::ranges::binary_search(recovery_.live(), index)) {
            return named(report_.unchained) ? RecordClass::unchained : RecordClass::present;
        }
        if (record->body_intact) return RecordClass::stale;
        const auto torn = std::ranges::find(report_.torn, record->op);
        return torn != report_.torn.end() ? RecordClass::torn : RecordClass::stale;
    }

    static void add_fault(const storage::LogFault& fault, std::vector<LogEntry>& entries) {
        if (fault.log_class == LogClass::unknown) {
            entries.push_back({.record_class = RecordClass::unknown,
                               .lsn = fault.from,
                               .end = fault.to,
                               .op = fault.op});
            return;
        }
        const auto entry = std::ranges::find(entries, std::optional(fault.from), &LogEntry::lsn);
        if (entry != entries.end()) {
            entry->record_class = RecordClass::lost;
        } else {
            entries.push_back(
                {.record_class = RecordClass::lost, .lsn = fault.from, .op = fault.op});
        }
    }

    static void add_torn(Op op, std::vector<LogEntry>& entries) {
        const bool shown = std::ranges::any_of(entries, [op](const LogEntry& entry) {
            return entry.op == op && entry.record_class == RecordClass::torn;
        });
        if (!shown) entries.push_back({.record_class = RecordClass::torn, .lsn = {}, .op = op});
    }

    const storage::JournalRecovery& recovery_;
    const storage::RecoveryReport& report_;
    const Lsn tail_;
};

}  // namespace

std::string_view to_text(RecordClass record_class) {
    switch (record_class) {
        case RecordClass::present:
            return "present";
        case RecordClass::unchained:
            return "unchained";
        case RecordClass::stale:
            return "stale";
        case RecordClass::torn:
            return "torn";
        case RecordClass::lost:
            return "lost";
        case RecordClass::unknown:
            return "unknown";
        case RecordClass::released:
            return "released";
    }
    return {};
}

LogReport read_log(ByteSource& source, const Limits& limits,
                   const storage::SuperblockState& superblock) {
    storage::IoQueue io;
    storage::JournalRecovery recovery(limits, log_identity(superblock), io);
    recovery.start({.tail = superblock.log_tail,
                    .checkpoint_op = superblock.checkpoint.op,
                    .checkpoint_checksum = superblock.checkpoint.header.frame.checksum,
                    .view = superblock.view},
                   {.owner = storage::IoOwner::journal, .id = 0});
    run_reads(source, io, [&recovery] { recovery.on_io_done(); });
    LogReport report{.evidence = recovery.evidence(),
                     .recovery = recovery.take_report(),
                     .tail = superblock.log_tail,
                     .durable = recovery.durable(),
                     .entries = RingScan(source, limits, superblock).run()};
    Judgement(recovery, report.recovery, report.tail).judge(report.entries);
    return report;
}

std::vector<std::byte> read_body(ByteSource& source, const Limits& limits, const LogEntry& entry) {
    ELYTRA_ASSERT(entry.header_intact && entry.body_intact);
    const std::uint32_t message_size = entry.prepare.frame.size;
    SectorBuffer record(storage::record_length(message_size));
    source.read(storage::layout_of(limits).log_place(*entry.lsn), record.bytes());
    const std::size_t begin = storage::record_body_inline(message_size)
                                  ? storage::record_body_offset
                                  : std::size_t{sector_size};
    const auto body = record.bytes().subspan(begin, message_size - wire::header_size);
    return {body.begin(), body.end()};
}

std::vector<Damage> log_damages(const LogReport& report, const Limits& limits) {
    const storage::Layout layout = storage::layout_of(limits);
    std::vector<Damage> damages;
    for (const std::uint32_t slot : report.evidence.damaged) {
        damages.push_back({.zone = Zone::evidence,
                           .address = fmt::format("sector {}", slot),
                           .offset = layout.evidence_offset + std::uint64_t{slot} * sector_size,
                           .size = sector_size,
                           .what = "it does not hold the evidence of its turn"});
    }
    for (const storage::LogFault& fault : report.recovery.faults) {
        const bool lost = fault.log_class == LogClass::lost;
        damages.push_back(
            {.zone = Zone::log,
             .address = lost ? fmt::format("op {}", fault.op.value)
                             : fmt::format("log bytes {} to {}", fault.from.value, fault.to.value),
             .offset = layout.log_place(fault.from),
             .size = fault.to.value - fault.from.value,
             .what = lost ? "an acknowledged record cannot be read any more"
                          : "acknowledged records may have been here"});
    }
    return damages;
}

std::vector<std::string> log_notes(const LogReport& report) {
    std::vector<std::string> notes;
    for (const Op op : report.recovery.torn) {
        notes.push_back(fmt::format(
            "op {} is torn: the process ended before it was acknowledged, nothing is lost",
            op.value));
    }
    return notes;
}

}  // namespace elytra::inspect
