#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "server/common/limits.hpp"
#include "server/common/ring_buffer.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/common/strong.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/journal_recovery.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/log_format.hpp"
#include "server/storage/record_group.hpp"
#include "server/wire/message.hpp"

namespace elytra::storage {

enum class JournalStatus : std::uint8_t {
    closed,
    recovering,
    refused,  // report() holds faults; a single replica cannot heal them and must not start
    ready,
};

// A prepare read back. `message` holds header and body as they were appended, if `intact`.
struct JournalRead {
    Op op;
    wire::MessageRef message;
    bool intact = false;
};

// The write-ahead log: a ring of records, and evidence that they were completed. Records of a group
// become durable, then the evidence of the group, and only then op_durable() moves over them;
// meanwhile the records of the next group are being written. Ops are appended in order without
// gaps. Allocates only until it is ready. One thread; performs no I/O itself.
class Journal {
public:
    static constexpr std::size_t reads_max = 8;

    Journal(const Limits& limits, const LogIdentity& identity, IoQueue& io);
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    // What a message takes on the log.
    static std::uint64_t record_size(std::uint32_t message_size) {
        return record_length(message_size);
    }

    // Reads and judges the log; ends as `ready` or `refused`. Requires: closed.
    void recover(const JournalStart& start);

    // Whether append() takes a message of this size now. If not: the group that collects is full,
    // which the I/O in flight ends, or the ring is, which the next release() ends.
    bool space_available(std::uint32_t message_size) const;

    // Writes a sealed prepare; a body above 3 KiB goes to the disk from the message itself, of
    // which the record area and the padding behind the body are overwritten. Requires: ready,
    // space_available(), the op after head() and its checksum as parent.
    void append(wire::MessageRef prepare);

    // Gives space back. Requires: a `tail` from lsn_after() that is durable in the superblock.
    void release(Lsn tail);

    bool read_available() const { return reads_in_flight_ + reads_done_.size() < reads_max; }

    // Requires: read_available(), and an op that the log holds and that is durable.
    void read(Op op, wire::MessageRef into);

    // A finished read, in order of completion.
    std::optional<JournalRead> take_read();

    void on_io_done(IoToken token, IoStatus status);

    JournalStatus status() const { return status_; }

    // Requires: ready or refused.
    const RecoveryReport& report() const;

    // The newest op that was appended or recovered; of the checkpoint when there is none.
    Op head() const { return Op{first_.value + index_.size() - 1}; }

    u128 head_checksum() const { return head_checksum_; }

    // Every op up to here survives a crash: record and evidence are durable.
    Op op_durable() const { return op_durable_; }

    // The oldest op that read() can deliver; head().next() when there is none.
    Op op_first() const { return first_; }

    // The log tail to store with a checkpoint of this op. Requires: durable, not older than the
    // tail.
    Lsn lsn_after(Op op) const;

private:
    struct IndexEntry {
        Lsn lsn;
        std::uint32_t length = 0;
        u128 checksum = 0;

        Lsn end() const { return Lsn{lsn.value + length}; }
    };

    struct PendingRead {
        Op op;
        wire::MessageRef message;
    };

    void on_recovery_io_done();
    Lsn place_record(std::uint32_t length) const;
    RecordLinks links_up_to(Op op, std::size_t links_max) const;
    const IndexEntry& entry(Op op) const;

    RecordGroup& collecting() { return groups_[collecting_]; }

    const RecordGroup& collecting() const { return groups_[collecting_]; }

    RecordGroup& writing() { return groups_[1 - collecting_]; }

    void advance();
    void write_evidence(Op op, Lsn durable);
    void on_evidence_written();
    void on_read_done(std::size_t slot);
    bool verify_read(Op op, wire::Message& message) const;

    const Limits limits_;
    const Layout layout_;
    const LogIdentity identity_;
    IoQueue& io_;
    JournalStatus status_ = JournalStatus::closed;
    View view_;
    std::unique_ptr<JournalRecovery> recovery_;  // while recovering
    RecoveryReport report_;

    RingBuffer<IndexEntry> index_;  // of op first_ and those after it
    Op first_{1};
    u128 head_checksum_ = 0;
    Lsn tail_;
    Lsn next_;             // end of the newest record
    Lsn collecting_from_;  // end of the records before the group that collects

    std::array<RecordGroup, 2> groups_;
    std::size_t collecting_ = 0;
    SectorBuffer evidence_buffer_;
    bool evidence_in_flight_ = false;
    Op evidence_op_;
    std::uint64_t epoch_next_ = 0;
    Op op_durable_;

    std::array<PendingRead, reads_max> reads_;
    std::size_t reads_in_flight_ = 0;
    RingBuffer<JournalRead> reads_done_;
};

}  // namespace elytra::storage
