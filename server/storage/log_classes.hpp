#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/strong.hpp"
#include "server/storage/log_format.hpp"

// What a log that was read after a restart may be believed to say: pure functions over what was
// found, so that the difference between a torn tail and lost data can be tested over its whole
// input space.
namespace elytra::storage {

// What the log says about an op. Only `never` and `torn` may be denied to other replicas.
enum class LogClass : std::uint8_t {
    present,  // the newest record of the op is intact
    never,    // no record, and nothing suggests that there was one
    torn,     // begun after the last durable statement, and incomplete
    lost,     // completed, as a durable statement proves, and unreadable now
    unknown,  // may have been completed; nothing readable tells
};

struct ScannedRecord {
    Lsn lsn{};
    Lsn watermark{};
    std::uint32_t length = 0;
    std::uint32_t message_size = 0;
    Op op{};
    u128 checksum = 0;
    u128 parent = 0;
    RecordLinks links{};
    bool body_intact = false;

    Lsn end() const { return Lsn{lsn.value + length}; }
};

// Part of the log that cannot be read any more although it was, or may have been, acknowledged.
struct LogFault {
    LogClass log_class = LogClass::unknown;  // lost or unknown
    Lsn from{};
    Lsn to{};
    Op op{};                          // of a lost record
    std::uint64_t checksum_half = 0;  // of a lost record

    bool operator==(const LogFault&) const = default;
};

struct EvidenceSummary {
    std::optional<Evidence> newest;
    bool certain = false;  // the next slot holds older evidence, so no newer was there
    std::vector<std::uint32_t> damaged;  // slots that do not hold what they should, ascending
};

// The epoch that an intact slot holds when `newest` is the highest one; none if no evidence of this
// slot can be that old.
std::optional<std::uint64_t> evidence_epoch_of(std::uint32_t slot, std::uint32_t slot_count,
                                               std::uint64_t newest);

// `slots`: what each evidence sector decodes to.
EvidenceSummary summarize_evidence(std::span<const std::optional<Evidence>> slots);

struct LogScan {
    Lsn tail;
    Lsn scan_end;                            // nothing from here on was looked at
    Lsn ring_end;                            // no record can reach beyond without losing the tail
    std::span<const ScannedRecord> records;  // ascending by LSN
    const EvidenceSummary& evidence;
};

struct LogVerdict {
    Lsn durable;                    // every range below was completed once
    Lsn next;                       // where appending goes on, behind everything seen
    std::vector<std::size_t> live;  // indices of the records to use, ascending by LSN
    std::vector<LogFault> faults;   // ascending by LSN
    std::vector<Op> torn;           // ops of records at or above `durable` that are incomplete
    std::uint32_t stale_count = 0;  // records of attempts that a later start has given up
};

LogVerdict classify_log(const LogScan& scan);

// Position and identity of a prepare that the log can deliver.
struct RecoveredPrepare {
    Op op{};
    Lsn lsn{};
    std::uint32_t size = 0;  // of the message
    u128 checksum = 0;

    bool operator==(const RecoveredPrepare&) const = default;
};

struct LogChain {
    std::vector<RecoveredPrepare> prepares;   // from the op after the checkpoint, without gaps
    std::vector<RecoveredPrepare> unchained;  // intact, but not part of that chain
    std::vector<LogFault> faults;             // unchained although acknowledged: unknown
};

// The prepares that hang together by their checksums from the checkpoint on; of several records of
// one op the last written one counts.
LogChain chain_from_checkpoint(const LogScan& scan, const LogVerdict& verdict, Op checkpoint_op,
                               u128 checkpoint_checksum);

}  // namespace elytra::storage
