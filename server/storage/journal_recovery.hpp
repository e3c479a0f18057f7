#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/common/strong.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/log_classes.hpp"
#include "server/storage/log_format.hpp"

namespace elytra::storage {

// What the superblock knows about the log, and the view whose evidence will be written.
struct JournalStart {
    Lsn tail{};
    Op checkpoint_op{};
    u128 checkpoint_checksum = 0;  // of the prepare header of that op; 0 for op 0
    View view{};
};

struct RecoveryReport {
    Op head;
    std::vector<RecoveredPrepare> prepares;  // from the op after the checkpoint to the head
    std::vector<LogFault> faults;
    std::vector<Op> torn;
    std::vector<RecoveredPrepare> unchained;  // intact, but not connected to the checkpoint
    std::uint32_t stale_count = 0;            // records of attempts that a later start had given up
    std::uint32_t evidence_damaged_count = 0;  // sectors that did not hold what they should
    Lsn next;                                  // where appending goes on

    // What the log may be said to know about an op after the checkpoint.
    LogClass class_of(Op op) const;
};

// Reads the evidence and the log, judges them, and heals evidence sectors that were damaged; writes
// nothing if there are faults. Lives only while the journal opens; allocates. Performs no I/O
// itself.
class JournalRecovery {
public:
    JournalRecovery(const Limits& limits, const LogIdentity& identity, IoQueue& io);
    JournalRecovery(const JournalRecovery&) = delete;
    JournalRecovery& operator=(const JournalRecovery&) = delete;

    // Every I/O is given `token`.
    void start(const JournalStart& start, IoToken token);

    void on_io_done();

    bool done() const { return step_ == Step::done; }

    // Requires: done().
    RecoveryReport take_report();

    // Of the evidence to write next. Requires: done(), no faults.
    std::uint64_t epoch_next() const { return epoch_next_; }

    // What the report rests on, for who shows it. Requires: done().
    std::span<const ScannedRecord> records() const { return records_; }  // ascending by LSN

    std::span<const std::size_t> live() const { return live_; }  // indices of records to use

    const EvidenceSummary& evidence() const { return evidence_; }

    // Everything below was completed once.
    Lsn durable() const { return durable_; }

private:
    enum class Step : std::uint8_t { idle, evidence, log, healing, done };

    void on_evidence_read();
    void read_log();
    void scan_buffer();
    bool scan_record();

    Lsn ring_end() const { return Lsn{start_.tail.value + layout_.log_size}; }

    Lsn scan_end() const;
    void judge();
    void heal_evidence();
    void push_read(std::uint64_t offset, std::span<std::byte> bytes);
    void write_evidence(std::uint32_t slot, const Evidence& evidence);

    const Limits limits_;
    const Layout layout_;
    const LogIdentity identity_;
    const std::uint32_t record_size_max_;
    IoQueue& io_;
    JournalStart start_;
    IoToken token_;
    Step step_ = Step::idle;
    std::uint32_t io_in_flight_ = 0;

    SectorBuffer evidence_buffer_;
    EvidenceSummary evidence_;
    std::uint64_t epoch_next_ = 0;

    SectorBuffer log_buffer_;  // of [buffer_from_, buffer_to_)
    Lsn buffer_from_;
    Lsn buffer_to_;
    Lsn position_;  // next sector to look at
    Lsn needed_;    // end of the record at position_ that the buffer does not hold yet
    Lsn durable_;   // highest statement seen so far
    std::vector<ScannedRecord> records_;
    std::vector<std::size_t> live_;
    RecoveryReport report_;
};

}  // namespace elytra::storage
