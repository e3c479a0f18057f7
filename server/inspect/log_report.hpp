#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/strong.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/damage.hpp"
#include "server/storage/journal_recovery.hpp"
#include "server/storage/log_classes.hpp"
#include "server/storage/superblock_copy.hpp"
#include "server/wire/header.hpp"

namespace elytra::inspect {

// What became of a record, in the judgement of a server that opens the file.
enum class RecordClass : std::uint8_t {
    present,    // intact and in use
    unchained,  // intact, but no part of the chain from the checkpoint
    stale,      // of an attempt that a later start has given up
    torn,       // begun after the last durable statement and incomplete: harmless
    lost,       // was complete, and cannot be read any more: damage
    unknown,    // a range that may have held acknowledged records: damage
    released,   // below the tail: no longer needed
};

std::string_view to_text(RecordClass record_class);

struct LogEntry {
    RecordClass record_class{};
    std::optional<Lsn> lsn;  // unknown of a torn record that only others name
    Lsn end{};               // of an unknown range: where it ends
    Op op{};
    bool header_intact = false;
    bool body_intact = false;
    Lsn watermark{};  // the rest only with an intact header
    wire::PrepareHeader prepare{};
};

struct LogReport {
    storage::EvidenceSummary evidence;
    storage::RecoveryReport recovery;
    Lsn tail;
    Lsn durable;                    // everything below was completed once
    std::vector<LogEntry> entries;  // by LSN; those without one at the end
};

// Requires: a superblock of these limits.
LogReport read_log(ByteSource& source, const Limits& limits,
                   const storage::SuperblockState& superblock);

// The body of a record. Requires: header and body are intact.
std::vector<std::byte> read_body(ByteSource& source, const Limits& limits, const LogEntry& entry);

std::vector<Damage> log_damages(const LogReport& report, const Limits& limits);

// What is unusual and harmless.
std::vector<std::string> log_notes(const LogReport& report);

}  // namespace elytra::inspect
