#include "server/storage/journal_recovery.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/assert.hpp"

namespace elytra::storage {

namespace {

constexpr std::uint64_t read_size_max = 256U << 10;  // of one read; several are in flight

ScannedRecord scanned(const RecordHeader& header, bool body_intact) {
    const wire::PrepareHeader& prepare = header.prepare;
    return {.lsn = header.lsn,
            .watermark = header.watermark,
            .length = record_length(prepare.frame.size),
            .message_size = prepare.frame.size,
            .op = Op{prepare.op},
            .checksum = prepare.frame.checksum,
            .parent = prepare.parent,
            .links = header.links,
            .body_intact = body_intact};
}

bool names_op(const std::vector<RecoveredPrepare>& prepares, Op op) {
    return std::ranges::find(prepares, op, &RecoveredPrepare::op) != prepares.end();
}

}  // namespace

LogClass RecoveryReport::class_of(Op op) const {
    if (names_op(prepares, op) || names_op(unchained, op)) return LogClass::present;
    bool unknown = false;
    for (const LogFault& fault : faults) {
        if (fault.log_class == LogClass::lost && fault.op == op) return LogClass::lost;
        unknown = unknown || fault.log_class == LogClass::unknown;
    }
    if (unknown) return LogClass::unknown;
    return std::ranges::find(torn, op) != torn.end() ? LogClass::torn : LogClass::never;
}

JournalRecovery::JournalRecovery(const Limits& limits, const LogIdentity& identity, IoQueue& io)
    : limits_(limits),
      layout_(layout_of(limits)),
      identity_(identity),
      record_size_max_(record_length(limits.message_size_max)),
      io_(io),
      evidence_buffer_(layout_.evidence_size),
      log_buffer_(std::size_t{2} * record_size_max_) {}

void JournalRecovery::start(const JournalStart& start, IoToken token) {
    ELYTRA_ASSERT(step_ == Step::idle);
    start_ = start;
    token_ = token;
    step_ = Step::evidence;
    push_read(layout_.evidence_offset, evidence_buffer_.bytes());
}

RecoveryReport JournalRecovery::take_report() {
    ELYTRA_ASSERT(done());
    return std::move(report_);
}

void JournalRecovery::on_io_done() {
    ELYTRA_ASSERT(io_in_flight_ > 0);
    --io_in_flight_;
    if (io_in_flight_ > 0) return;
    switch (step_) {
        case Step::evidence:
            return on_evidence_read();
        case Step::log:
            return scan_buffer();
        case Step::healing:
            step_ = Step::done;
            return;
        case Step::idle:
        case Step::done:
            ELYTRA_ASSERT(false);
    }
}

void JournalRecovery::on_evidence_read() {
    std::vector<std::optional<Evidence>> slots;
    for (std::uint32_t slot = 0; slot < limits_.evidence_sectors; ++slot) {
        slots.push_back(decode_evidence(
            identity_,
            evidence_buffer_.bytes().subspan(std::size_t{slot} * sector_size, sector_size)));
    }
    evidence_ = summarize_evidence(slots);
    durable_ = start_.tail;
    if (evidence_.newest.has_value()) durable_ = std::max(durable_, evidence_.newest->durable);
    position_ = start_.tail;
    buffer_from_ = start_.tail;
    buffer_to_ = start_.tail;
    step_ = Step::log;
    read_log();
}

// Two groups can be without evidence when a crash comes: one whose evidence is in flight, and the
// next one. Either may skip the end of the ring, by less than a record.
Lsn JournalRecovery::scan_end() const {
    const std::uint64_t window = 2 * (std::uint64_t{limits_.log_group_size_max} + record_size_max_);
    return std::min(ring_end(), Lsn{durable_.value + window});
}

void JournalRecovery::read_log() {
    const std::size_t kept =
        position_ < buffer_to_ ? std::size_t{buffer_to_.value - position_.value} : 0;
    const std::span<std::byte> buffer = log_buffer_.bytes();
    std::memmove(buffer.data(), buffer.data() + (buffer_to_.value - buffer_from_.value - kept),
                 kept);
    buffer_from_ = position_;
    buffer_to_ = Lsn{position_.value + kept};
    const Lsn wanted = std::max(scan_end(), needed_);
    const Lsn target = std::min(wanted, Lsn{buffer_from_.value + buffer.size()});
    if (buffer_to_ >= target) return judge();
    while (buffer_to_ < target) {
        const std::uint64_t place = layout_.log_place(buffer_to_);
        const std::uint64_t ring_left = layout_.log_offset + layout_.log_size - place;
        const std::uint64_t size =
            std::min({read_size_max, ring_left, target.value - buffer_to_.value});
        push_read(place, buffer.subspan(buffer_to_.value - buffer_from_.value, size));
        buffer_to_ = Lsn{buffer_to_.value + size};
    }
}

void JournalRecovery::scan_buffer() {
    while (position_ < std::min(buffer_to_, scan_end()) && scan_record()) {
    }
    read_log();
}

// Moves position_ on; returns false if the buffer ends before the record does.
bool JournalRecovery::scan_record() {
    const std::span<const std::byte> bytes =
        log_buffer_.bytes().subspan(position_.value - buffer_from_.value);
    const std::optional<RecordHeader> header =
        decode_record(identity_, position_, bytes.first(sector_size), record_size_max_);
    const std::uint64_t length =
        header.has_value() ? record_length(header->prepare.frame.size) : sector_size;
    const Lsn end{position_.value + length};
    const bool in_one_piece =
        layout_.log_place(position_) + length <= layout_.log_offset + layout_.log_size;
    if (!header.has_value() || end > ring_end() || !in_one_piece) {
        position_ = Lsn{position_.value + sector_size};
        return true;
    }
    if (end > buffer_to_) {
        needed_ = end;
        return false;
    }
    const bool body_intact = record_body_intact(*header, bytes.first(length));
    records_.push_back(scanned(*header, body_intact));
    durable_ = std::max(durable_, header->watermark);
    // What overwrote part of a damaged record may itself be a record.
    position_ = body_intact ? end : Lsn{position_.value + sector_size};
    return true;
}

void JournalRecovery::judge() {
    const LogScan scan{start_.tail, scan_end(), ring_end(), records_, evidence_};
    LogVerdict verdict = classify_log(scan);
    LogChain chain =
        chain_from_checkpoint(scan, verdict, start_.checkpoint_op, start_.checkpoint_checksum);
    report_.head = chain.prepares.empty() ? start_.checkpoint_op : chain.prepares.back().op;
    report_.prepares = std::move(chain.prepares);
    report_.unchained = std::move(chain.unchained);
    report_.faults = std::move(verdict.faults);
    report_.faults.insert(report_.faults.end(), chain.faults.begin(), chain.faults.end());
    report_.torn = std::move(verdict.torn);
    report_.evidence_damaged_count = static_cast<std::uint32_t>(evidence_.damaged.size());
    report_.stale_count = verdict.stale_count;
    report_.next = verdict.next;
    live_ = std::move(verdict.live);
    durable_ = verdict.durable;
    if (report_.faults.empty()) {
        heal_evidence();
    } else {
        step_ = Step::done;
    }
}

// An unreadable slot is harmless only as long as its turn has not come: before a crash can find it
// there it says again what the newest evidence says. The next one to be written needs no healing.
void JournalRecovery::heal_evidence() {
    ELYTRA_ASSERT(evidence_.certain);
    step_ = Step::healing;
    const std::uint64_t newest = evidence_.newest->epoch;
    epoch_next_ = newest + 1;
    for (const std::uint32_t slot : evidence_.damaged) {
        const auto epoch = evidence_epoch_of(slot, limits_.evidence_sectors, newest);
        if (slot == epoch_next_ % limits_.evidence_sectors || !epoch.has_value()) continue;
        Evidence healed = *evidence_.newest;
        healed.epoch = *epoch;
        write_evidence(slot, healed);
    }
    if (io_in_flight_ == 0) step_ = Step::done;
}

void JournalRecovery::push_read(std::uint64_t offset, std::span<std::byte> bytes) {
    io_.push(Read{.offset = offset, .bytes = bytes, .token = token_});
    ++io_in_flight_;
}

void JournalRecovery::write_evidence(std::uint32_t slot, const Evidence& evidence) {
    const std::uint64_t offset = std::uint64_t{slot} * sector_size;
    const std::span<std::byte> sector = evidence_buffer_.bytes().subspan(offset, sector_size);
    encode_evidence(identity_, evidence, sector);
    io_.push(Write{.offset = layout_.evidence_offset + offset,
                   .bytes = sector,
                   .durability = Durability::durable,
                   .token = token_});
    ++io_in_flight_;
}

}  // namespace elytra::storage
