#include "server/storage/journal.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/wire/decode.hpp"

namespace elytra::storage {

namespace {

// Which of the journal's I/Os a token belongs to. Reads have the numbers from token_read on.
constexpr std::uint32_t token_recovery = 0;
constexpr std::uint32_t token_record = 1;
constexpr std::uint32_t token_evidence = 2;
constexpr std::uint32_t token_read = 3;

constexpr IoToken token(std::uint32_t id) { return {IoOwner::journal, id}; }

}  // namespace

Journal::Journal(const Limits& limits, const LogIdentity& identity, IoQueue& io)
    : limits_(limits),
      layout_(layout_of(limits)),
      identity_(identity),
      io_(io),
      index_(limits.log_size / sector_size),
      groups_{RecordGroup(limits), RecordGroup(limits)},
      evidence_buffer_(sector_size),
      reads_done_(reads_max) {}

void Journal::recover(const JournalStart& start) {
    ELYTRA_ASSERT(status_ == JournalStatus::closed);
    status_ = JournalStatus::recovering;
    view_ = start.view;
    tail_ = start.tail;
    first_ = start.checkpoint_op.next();
    head_checksum_ = start.checkpoint_checksum;
    recovery_ = std::make_unique<JournalRecovery>(limits_, identity_, io_);
    recovery_->start(start, token(token_recovery));
}

void Journal::on_recovery_io_done() {
    ELYTRA_ASSERT(status_ == JournalStatus::recovering);
    recovery_->on_io_done();
    if (!recovery_->done()) return;
    report_ = recovery_->take_report();
    epoch_next_ = recovery_->epoch_next();
    recovery_.reset();
    if (!report_.faults.empty()) {
        status_ = JournalStatus::refused;
        return;
    }
    for (const RecoveredPrepare& prepare : report_.prepares) {
        index_.push_back({prepare.lsn, record_length(prepare.size), prepare.checksum});
        head_checksum_ = prepare.checksum;
    }
    next_ = report_.next;
    collecting_from_ = next_;
    // What was found behind the last evidence was perhaps never acknowledged. It will be from now
    // on, so it must not pass for a torn tail after the next crash.
    write_evidence(head(), next_);
}

const RecoveryReport& Journal::report() const {
    ELYTRA_ASSERT(status_ == JournalStatus::ready || status_ == JournalStatus::refused);
    return report_;
}

// A record lies in one piece: what does not fit before the end of the ring goes to its start.
Lsn Journal::place_record(std::uint32_t length) const {
    const std::uint64_t ring_left = layout_.log_size - next_.value % layout_.log_size;
    return length <= ring_left ? next_ : Lsn{next_.value + ring_left};
}

bool Journal::space_available(std::uint32_t message_size) const {
    const std::uint32_t length = record_length(message_size);
    const std::uint64_t end = place_record(length).value + length;
    return collecting().fits(length) && end - tail_.value <= layout_.log_size;
}

void Journal::append(wire::MessageRef prepare) {
    const wire::PrepareHeader& header = prepare->header<wire::PrepareHeader>();
    const std::uint32_t message_size = header.frame.size;
    ELYTRA_ASSERT(status_ == JournalStatus::ready);
    ELYTRA_ASSERT(message_size <= limits_.message_size_max);
    ELYTRA_ASSERT(space_available(message_size));
    ELYTRA_ASSERT(Op{header.op} == head().next());
    ELYTRA_ASSERT(header.parent == head_checksum_);
    ELYTRA_ASSERT_SLOW(wire::header_intact(header) && wire::body_intact(*prepare));
    const std::uint32_t length = record_length(message_size);
    const RecordHeader record{.lsn = place_record(length),
                              .watermark = collecting_from_,
                              .links = links_up_to(head(), record_links_max)};
    index_.push_back({record.lsn, length, header.frame.checksum});
    head_checksum_ = header.frame.checksum;
    next_ = Lsn{record.lsn.value + length};
    collecting().add(identity_, record, std::move(prepare));
    advance();
}

// Names the newest records up to `op`; all of them back to the tail, if they are few enough.
RecordLinks Journal::links_up_to(Op op, std::size_t links_max) const {
    ELYTRA_ASSERT(op.next() >= first_);
    const std::uint64_t held = op.next().value - first_.value;
    RecordLinks links{.from = tail_};
    links.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(links_max, held));
    for (std::uint32_t i = 0; i < links.count; ++i) {
        const Op named{op.value - i};
        const IndexEntry& place = entry(named);
        links.links[i] = {place.lsn, named, low_half(place.checksum)};
    }
    if (links.count == links_max) links.from = links.links[links_max - 1].lsn;
    return links;
}

const Journal::IndexEntry& Journal::entry(Op op) const {
    ELYTRA_ASSERT(op >= first_);
    ELYTRA_ASSERT(op <= head());
    return index_[op.value - first_.value];
}

Lsn Journal::lsn_after(Op op) const {
    ELYTRA_ASSERT(op <= op_durable_);
    return op.next() == first_ ? tail_ : entry(op).end();
}

void Journal::release(Lsn tail) {
    ELYTRA_ASSERT(tail >= tail_);
    ELYTRA_ASSERT(tail <= lsn_after(op_durable_));
    tail_ = tail;
    while (!index_.empty() && index_.front().lsn < tail) {
        index_.pop_front();
        first_ = first_.next();
    }
}

// The order is what makes acknowledgements true: the records of a group, then its evidence, then
// the next op_durable(). The next group's records need not wait for this one's evidence.
void Journal::advance() {
    if (writing().written() && !evidence_in_flight_) {
        write_evidence(writing().last_op(), writing().end());
        writing().clear();
    }
    if (writing().empty() && !collecting().empty()) {
        collecting_from_ = collecting().end();
        collecting_ = 1 - collecting_;
        writing().submit(token(token_record), io_);
    }
}

void Journal::write_evidence(Op op, Lsn durable) {
    const Evidence evidence{.epoch = epoch_next_,
                            .durable = durable,
                            .view = view_,
                            .links = links_up_to(op, evidence_links_max),
                            .newest_checksum = op < first_ ? 0 : entry(op).checksum};
    ++epoch_next_;
    encode_evidence(identity_, evidence, evidence_buffer_.bytes());
    const std::uint64_t slot = evidence.epoch % limits_.evidence_sectors;
    io_.push(Write{.offset = layout_.evidence_offset + slot * sector_size,
                   .bytes = evidence_buffer_.bytes(),
                   .durability = Durability::durable,
                   .token = token(token_evidence)});
    evidence_op_ = op;
    evidence_in_flight_ = true;
}

void Journal::on_evidence_written() {
    ELYTRA_ASSERT(evidence_in_flight_);
    ELYTRA_ASSERT(evidence_op_ >= op_durable_);
    evidence_in_flight_ = false;
    op_durable_ = evidence_op_;
    status_ = JournalStatus::ready;
}

void Journal::on_io_done(IoToken done, IoStatus status) {
    ELYTRA_ASSERT(done.owner == IoOwner::journal);
    ELYTRA_ASSERT(status == IoStatus::ok);  // the log was allocated by format
    if (done.id == token_recovery) return on_recovery_io_done();
    if (done.id >= token_read) return on_read_done(done.id - token_read);
    if (done.id == token_record) {
        writing().on_write_done();
    } else {
        on_evidence_written();
    }
    advance();
}

void Journal::read(Op op, wire::MessageRef into) {
    ELYTRA_ASSERT(read_available());
    ELYTRA_ASSERT(op <= op_durable_);
    const auto slot =
        std::ranges::find_if(reads_, [](const PendingRead& read) { return !read.message; });
    ELYTRA_ASSERT(slot != reads_.end());
    const IndexEntry& place = entry(op);
    ELYTRA_ASSERT(place.length <= into->sectors().size());
    io_.push(Read{.offset = layout_.log_place(place.lsn),
                  .bytes = into->sectors().first(place.length),
                  .token = token(token_read + static_cast<std::uint32_t>(slot - reads_.begin()))});
    *slot = {op, std::move(into)};
    ++reads_in_flight_;
}

void Journal::on_read_done(std::size_t slot) {
    ELYTRA_ASSERT(slot < reads_max);
    PendingRead& read = reads_[slot];
    ELYTRA_ASSERT(read.message);
    const bool intact = read.op >= first_ && verify_read(read.op, *read.message);
    reads_done_.push_back({read.op, std::move(read.message), intact});
    --reads_in_flight_;
}

// Checks what was read against what the index promises, and puts a small body where messages have
// it.
bool Journal::verify_read(Op op, wire::Message& message) const {
    const IndexEntry& place = entry(op);
    const std::span<std::byte> record = message.sectors().first(place.length);
    const std::optional<RecordHeader> header = decode_record(
        identity_, place.lsn, record.first(sector_size), record_length(limits_.message_size_max));
    if (!header.has_value() || header->prepare.frame.checksum != place.checksum) return false;
    if (!record_body_intact(*header, record)) return false;
    const std::uint32_t message_size = header->prepare.frame.size;
    if (record_body_inline(message_size)) {
        std::ranges::copy(record.subspan(record_body_offset, message_size - wire::header_size),
                          message.body_capacity().begin());
    }
    return true;
}

std::optional<JournalRead> Journal::take_read() {
    if (reads_done_.empty()) return std::nullopt;
    return reads_done_.pop_front();
}

}  // namespace elytra::storage
