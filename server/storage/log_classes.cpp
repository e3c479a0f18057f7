#include "server/storage/log_classes.hpp"

#include <algorithm>
#include <limits>

#include "server/common/assert.hpp"

namespace elytra::storage {

namespace {

constexpr Lsn lsn_max{std::numeric_limits<std::uint64_t>::max()};

RecordLink link_of(const ScannedRecord& record) {
    return {.lsn = record.lsn, .op = record.op, .checksum_half = low_half(record.checksum)};
}

// Goes through all statements from the newest to the oldest. A newer statement overrules an older
// one, because a start that gave up part of the log knows more than the attempt that wrote it; so
// each range is judged by the first statement that covers it.
class Classifier {
public:
    Classifier(const LogScan& scan, Lsn durable) : scan_(scan) { verdict_.durable = durable; }

    LogVerdict run();

private:
    void adopt(const RecordLinks& links);
    void adopt_evidence(const Evidence& evidence);
    void visit(std::size_t index);
    bool visit_covered(const ScannedRecord& record);
    bool visit_uncovered(const ScannedRecord& record);
    void settle_above(Lsn lsn);
    void miss_expected();
    void miss(const RecordLink& link);
    void add_unknown(Lsn from, Lsn to);

    const LogScan& scan_;
    LogVerdict verdict_;
    Lsn covered_ = lsn_max;             // everything from here on is explained
    Lsn above_ = lsn_max;               // lowest record that is accounted for
    std::vector<RecordLink> expected_;  // named by a statement and not met yet, newest first
};

LogVerdict Classifier::run() {
    const std::optional<Evidence>& evidence = scan_.evidence.newest;
    bool evidence_pending = evidence.has_value();
    for (std::size_t i = scan_.records.size(); i > 0; --i) {
        if (evidence_pending && scan_.records[i - 1].lsn < evidence->durable) {
            adopt_evidence(*evidence);
            evidence_pending = false;
        }
        visit(i - 1);
    }
    if (evidence_pending) adopt_evidence(*evidence);
    while (!expected_.empty()) miss_expected();
    add_unknown(scan_.tail, covered_);
    std::ranges::reverse(verdict_.live);
    std::ranges::sort(verdict_.faults, {}, &LogFault::from);
    std::ranges::reverse(verdict_.torn);
    return std::move(verdict_);
}

void Classifier::adopt(const RecordLinks& links) {
    for (const RecordLink& link : std::span(links.links).first(links.count)) {
        if (link.lsn < covered_ && link.lsn >= scan_.tail) expected_.push_back(link);
    }
    covered_ = std::min(covered_, links.from);
}

void Classifier::adopt_evidence(const Evidence& evidence) {
    add_unknown(evidence.durable, covered_);
    adopt(evidence.links);
}

void Classifier::visit(std::size_t index) {
    const ScannedRecord& record = scan_.records[index];
    settle_above(record.lsn);
    const bool accepted = record.lsn >= covered_ ? visit_covered(record) : visit_uncovered(record);
    if (!accepted) {
        ++verdict_.stale_count;
        return;
    }
    if (record.body_intact) {
        verdict_.live.push_back(index);
    } else {
        miss(link_of(record));
    }
    above_ = record.lsn;
    adopt(record.links);
}

bool Classifier::visit_covered(const ScannedRecord& record) {
    if (expected_.empty() || expected_.front() != link_of(record)) return false;
    expected_.erase(expected_.begin());
    return true;
}

bool Classifier::visit_uncovered(const ScannedRecord& record) {
    if (record.end() > covered_) return false;
    add_unknown(record.end(), covered_);
    covered_ = record.lsn;
    return true;
}

void Classifier::settle_above(Lsn lsn) {
    while (!expected_.empty() && expected_.front().lsn > lsn) miss_expected();
}

void Classifier::miss_expected() {
    const RecordLink link = expected_.front();
    expected_.erase(expected_.begin());
    miss(link);
    above_ = link.lsn;
}

void Classifier::miss(const RecordLink& link) {
    if (link.lsn >= verdict_.durable) {
        verdict_.torn.push_back(link.op);
        return;
    }
    verdict_.faults.push_back({.log_class = LogClass::lost,
                               .from = link.lsn,
                               .to = std::min(above_, verdict_.durable),
                               .op = link.op,
                               .checksum_half = link.checksum_half});
}

// What no statement covers may have held anything, but only below the durable LSN does it matter.
void Classifier::add_unknown(Lsn from, Lsn to) {
    const Lsn end = std::min(to, verdict_.durable);
    if (from >= end) return;
    verdict_.faults.push_back({.log_class = LogClass::unknown, .from = from, .to = end});
}

RecoveredPrepare recovered(const ScannedRecord& record) {
    return {.op = record.op,
            .lsn = record.lsn,
            .size = record.message_size,
            .checksum = record.checksum};
}

bool in_place(const std::optional<Evidence>& evidence, std::uint32_t slot,
              std::uint32_t slot_count) {
    return evidence.has_value() && evidence->epoch % slot_count == slot;
}

}  // namespace

std::optional<std::uint64_t> evidence_epoch_of(std::uint32_t slot, std::uint32_t slot_count,
                                               std::uint64_t newest) {
    ELYTRA_ASSERT(slot < slot_count);
    const std::uint64_t age = (newest + slot_count - slot) % slot_count;
    if (age > newest) return std::nullopt;
    return newest - age;
}

EvidenceSummary summarize_evidence(std::span<const std::optional<Evidence>> slots) {
    const auto slot_count = static_cast<std::uint32_t>(slots.size());
    ELYTRA_ASSERT(slot_count >= 2);
    EvidenceSummary summary;
    for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
        const std::optional<Evidence>& evidence = slots[slot];
        if (!in_place(evidence, slot, slot_count)) continue;
        if (summary.newest.has_value() && summary.newest->epoch > evidence->epoch) continue;
        summary.newest = evidence;
    }
    for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
        const std::optional<std::uint64_t> epoch =
            summary.newest.has_value() ? evidence_epoch_of(slot, slot_count, summary.newest->epoch)
                                       : std::nullopt;
        const std::optional<Evidence>& evidence = slots[slot];
        const bool intact = epoch.has_value() && evidence.has_value() && evidence->epoch == *epoch;
        if (!intact) summary.damaged.push_back(slot);
    }
    if (!summary.newest.has_value()) return summary;
    const auto next_slot = static_cast<std::uint32_t>((summary.newest->epoch + 1) % slot_count);
    summary.certain = in_place(slots[next_slot], next_slot, slot_count);
    return summary;
}

LogVerdict classify_log(const LogScan& scan) {
    Lsn durable = scan.tail;
    if (scan.evidence.newest.has_value()) {
        durable = std::max(durable, scan.evidence.newest->durable);
    }
    Lsn next = durable;
    for (const ScannedRecord& record : scan.records) {
        durable = std::max(durable, record.watermark);
        next = std::max({next, durable, record.end()});
    }
    LogVerdict verdict = Classifier(scan, durable).run();
    verdict.next = next;
    if (next > scan.ring_end) {  // only a superblock that went back in time explains this
        verdict.faults.push_back({.log_class = LogClass::unknown, .from = scan.tail, .to = next});
    }
    if (!scan.evidence.certain) {
        verdict.faults.push_back({.log_class = LogClass::unknown,
                                  .from = durable,
                                  .to = std::max(scan.scan_end, durable)});
    }
    return verdict;
}

LogChain chain_from_checkpoint(const LogScan& scan, const LogVerdict& verdict, Op checkpoint_op,
                               u128 checkpoint_checksum) {
    std::vector<const ScannedRecord*> records;
    for (const std::size_t index : verdict.live) {
        if (scan.records[index].op > checkpoint_op) records.push_back(&scan.records[index]);
    }
    std::ranges::sort(records, [](const ScannedRecord* left, const ScannedRecord* right) {
        if (left->op != right->op) return left->op < right->op;
        return left->lsn > right->lsn;
    });
    LogChain chain;
    Op head = checkpoint_op;
    u128 head_checksum = checkpoint_checksum;
    for (const ScannedRecord* record : records) {
        if (record->op == head.next() && record->parent == head_checksum) {
            chain.prepares.push_back(recovered(*record));
            head = record->op;
            head_checksum = record->checksum;
            continue;
        }
        chain.unchained.push_back(recovered(*record));
        if (record->op > head && record->lsn < verdict.durable && verdict.faults.empty()) {
            chain.faults.push_back({.log_class = LogClass::unknown,
                                    .from = record->lsn,
                                    .to = record->end(),
                                    .op = record->op});
        }
    }
    return chain;
}

}  // namespace elytra::storage
