#include "server/storage/log_classes.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "server/storage/journal_recovery.hpp"

using namespace elytra;
using namespace elytra::storage;

namespace {

constexpr std::uint64_t S = sector_size;

enum class Found : std::uint8_t { intact, body_damaged, nothing };

// A log of one-sector records of ops 1, 2, 3, ... as a single attempt wrote it.
struct History {
    explicit History(std::size_t record_count, std::size_t links_max = record_links_max) {
        for (std::size_t i = 0; i < record_count; ++i) {
            ScannedRecord record;
            record.lsn = Lsn{i * S};
            record.watermark = record.lsn;
            record.length = S;
            record.message_size = wire::header_size;
            record.op = Op{i + 1};
            record.checksum = 100 + i;
            record.parent = i == 0 ? 0 : 99 + i;
            record.links = links_before(i, links_max);
            record.body_intact = true;
            records.push_back(record);
        }
    }

    RecordLinks links_before(std::size_t position, std::size_t links_max) const {
        RecordLinks links;
        const std::size_t count = std::min(position, links_max);
        links.count = static_cast<std::uint32_t>(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t named = position - 1 - i;
            links.links[i] = {Lsn{named * S}, Op{named + 1}, 100 + named};
        }
        links.from = Lsn{(position - count) * S};
        return links;
    }

    EvidenceSummary evidence_at(std::size_t durable_count) const {
        EvidenceSummary summary;
        summary.certain = true;
        summary.newest = Evidence{.epoch = 9, .durable = Lsn{durable_count * S}};
        summary.newest->links = links_before(durable_count, evidence_links_max);
        if (durable_count > 0) summary.newest->newest_checksum = 99 + durable_count;
        return summary;
    }

    // Requires: one entry for each record.
    void find(const std::vector<Found>& found) {
        std::vector<ScannedRecord> remaining;
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (found[i] == Found::nothing) continue;
            records[i].body_intact = found[i] == Found::intact;
            remaining.push_back(records[i]);
        }
        records = std::move(remaining);
    }

    LogVerdict classify(const EvidenceSummary& evidence, Lsn tail = Lsn{0}) const {
        return classify_log({tail, Lsn{64 * S}, Lsn{1024 * S}, records, evidence});
    }

    std::vector<ScannedRecord> records;
};

std::vector<std::size_t> lost_ops(const LogVerdict& verdict) {
    std::vector<std::size_t> ops;
    for (const LogFault& fault : verdict.faults) {
        if (fault.log_class == LogClass::lost) ops.push_back(fault.op.value);
    }
    return ops;
}

bool covers(const LogVerdict& verdict, Lsn lsn) {
    return std::ranges::any_of(verdict.faults, [lsn](const LogFault& fault) {
        return fault.from <= lsn && lsn < fault.to;
    });
}

// All ways to find `count` records.
std::vector<std::vector<Found>> all_findings(std::size_t count) {
    std::vector<std::vector<Found>> all{{}};
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::vector<Found>> longer;
        for (const std::vector<Found>& prefix : all) {
            for (const Found found : {Found::intact, Found::body_damaged, Found::nothing}) {
                longer.push_back(prefix);
                longer.back().push_back(found);
            }
        }
        all = std::move(longer);
    }
    return all;
}

}  // namespace

TEST_CASE(
    "for every state of a short log, exactly the unreadable part below a statement is a fault") {
    constexpr std::size_t record_count = 5;
    for (const std::vector<Found>& found : all_findings(record_count)) {
        for (std::size_t durable_count = 0; durable_count <= record_count; ++durable_count) {
            for (const std::size_t links_max : {std::size_t{1}, std::size_t{2}, record_links_max}) {
                History history(record_count, links_max);
                const EvidenceSummary evidence = history.evidence_at(durable_count);
                history.find(found);
                const LogVerdict verdict = history.classify(evidence);
                // A readable header at position i says that everything before it was completed.
                std::size_t completed = durable_count;
                for (std::size_t i = 0; i < record_count; ++i) {
                    if (found[i] != Found::nothing) completed = std::max(completed, i);
                }
                CAPTURE(durable_count);
                CAPTURE(links_max);
                REQUIRE(verdict.durable == Lsn{completed * S});
                std::size_t live = 0;
                for (std::size_t i = 0; i < record_count; ++i) {
                    CAPTURE(i);
                    const bool intact = found[i] == Found::intact;
                    CHECK(covers(verdict, Lsn{i * S}) == (i < completed && !intact));
                    live += intact ? 1 : 0;
                }
                CHECK(verdict.live.size() == live);
                CHECK(verdict.stale_count == 0);
                CHECK(verdict.next >= verdict.durable);
            }
        }
    }
}

TEST_CASE("a lost record is known by op and half its checksum from any later statement") {
    for (const bool by_evidence : {true, false}) {
        History history(4);
        const EvidenceSummary evidence = history.evidence_at(by_evidence ? 4 : 0);
        history.find({Found::intact, Found::nothing, Found::intact,
                      by_evidence ? Found::nothing : Found::intact});
        const LogVerdict verdict = history.classify(evidence);
        REQUIRE(verdict.faults.size() == (by_evidence ? 2 : 1));
        CHECK(verdict.faults[0] == LogFault{LogClass::lost, Lsn{S}, Lsn{2 * S}, Op{2}, 101});
    }
}

TEST_CASE("more lost records than links leave the oldest ones unknown") {
    History history(20, 16);
    const EvidenceSummary evidence = history.evidence_at(0);
    std::vector<Found> found(20, Found::nothing);
    found[19] = Found::intact;
    history.find(found);
    const LogVerdict verdict = history.classify(evidence);
    CHECK(lost_ops(verdict).size() == 16);
    REQUIRE(verdict.faults.size() == 17);
    CHECK(verdict.faults[0] == LogFault{LogClass::unknown, Lsn{0}, Lsn{3 * S}});
}

TEST_CASE("what a later start has given up is neither used nor missed") {
    // Record 2 was torn, record 3 stayed; the next start went on behind it with another op 2.
    History history(4);
    ScannedRecord& abandoned = history.records[2];
    ScannedRecord& second_attempt = history.records[3];
    abandoned.links = history.links_before(2, 16);
    second_attempt.op = Op{2};
    second_attempt.parent = 100;
    second_attempt.checksum = 777;
    second_attempt.links = {.from = Lsn{0}, .count = 1, .links = {RecordLink{Lsn{0}, Op{1}, 100}}};
    second_attempt.watermark = Lsn{3 * S};
    EvidenceSummary evidence = history.evidence_at(0);
    SUBCASE("known from the record alone") {}
    SUBCASE("known from the evidence") {
        evidence.newest->durable = Lsn{4 * S};
        evidence.newest->links = {
            .from = Lsn{0},
            .count = 2,
            .links = {RecordLink{Lsn{3 * S}, Op{2}, 777}, RecordLink{Lsn{0}, Op{1}, 100}}};
    }
    history.find({Found::intact, Found::nothing, Found::intact, Found::intact});
    const LogVerdict verdict = history.classify(evidence);
    CHECK(verdict.faults.empty());
    CHECK(verdict.stale_count == 1);
    CHECK(verdict.live == std::vector<std::size_t>{0, 2});
}

TEST_CASE("an intact record of another attempt at a named position does not hide a loss") {
    History history(3);
    const EvidenceSummary evidence = history.evidence_at(3);
    history.records[2].checksum = 4711;
    const LogVerdict verdict = history.classify(evidence);
    CHECK(lost_ops(verdict) == std::vector<std::size_t>{3});
    CHECK(verdict.stale_count == 1);
}

TEST_CASE("records before the tail are not missed") {
    History history(5);
    const EvidenceSummary evidence = history.evidence_at(5);
    history.find({Found::nothing, Found::nothing, Found::intact, Found::intact, Found::intact});
    CHECK(history.classify(evidence, Lsn{2 * S}).faults.empty());
    CHECK(lost_ops(history.classify(evidence, Lsn{S})) == std::vector<std::size_t>{2});
}

TEST_CASE("when evidence may be missing everything from the durable LSN on is unknown") {
    const History history(3);
    EvidenceSummary evidence = history.evidence_at(3);
    evidence.certain = false;
    const LogVerdict verdict = history.classify(evidence);
    REQUIRE(verdict.faults.size() == 1);
    CHECK(verdict.faults[0] == LogFault{LogClass::unknown, Lsn{3 * S}, Lsn{64 * S}});
}

TEST_CASE("a log longer than its ring is never believed") {
    const History history(3);
    const EvidenceSummary evidence = history.evidence_at(3);
    const LogScan scan{Lsn{0}, Lsn{2 * S}, Lsn{2 * S}, history.records, evidence};
    CHECK(!classify_log(scan).faults.empty());
}

TEST_CASE("the newest evidence is certain only if the next sector holds what it must") {
    const auto none = std::nullopt;
    const auto at = [](std::uint64_t epoch) { return Evidence{.epoch = epoch}; };

    struct Row {
        std::vector<std::optional<Evidence>> slots;
        std::optional<std::uint64_t> newest;
        bool certain;
        std::vector<std::uint32_t> damaged;
    };

    const Row rows[] = {
        {{at(0), at(1), at(2), at(3)}, 3, true, {}},
        {{at(4), at(1), at(2), at(3)}, 4, true, {}},
        {{at(4), at(5), at(6), at(7)}, 7, true, {}},
        {{at(4), none, at(2), at(3)}, 4, false, {1}},
        {{at(4), at(1), none, at(3)}, 4, true, {2}},
        {{none, at(5), at(2), at(3)}, 5, true, {0}},
        {{at(0), at(5), at(2), at(3)}, 5, true, {0}},
        {{at(0), at(1), at(2), none}, 2, false, {3}},
        {{at(4), at(1), at(3), at(3)}, 4, true, {2}},
        {{at(8), at(1), at(6), at(7)}, 8, true, {1}},
        {{none, none, none, none}, none, false, {0, 1, 2, 3}},
    };
    for (const Row& row : rows) {
        CAPTURE(&row - rows);
        const EvidenceSummary summary = summarize_evidence(row.slots);
        CHECK(summary.newest.has_value() == row.newest.has_value());
        if (row.newest.has_value()) CHECK(summary.newest->epoch == *row.newest);
        CHECK(summary.certain == row.certain);
        CHECK(summary.damaged == row.damaged);
    }
}

TEST_CASE("the chain from the checkpoint decides which intact records count") {
    History history(4);
    const EvidenceSummary evidence = history.evidence_at(2);

    SUBCASE("all of them when they hang together") {
        const LogScan scan{Lsn{0}, Lsn{64 * S}, Lsn{1024 * S}, history.records, evidence};
        const LogChain chain = chain_from_checkpoint(scan, classify_log(scan), Op{0}, 0);
        CHECK(chain.prepares.size() == 4);
        CHECK(chain.unchained.empty());
        CHECK(chain.faults.empty());
    }
    SUBCASE("only those after the checkpoint") {
        const LogScan scan{Lsn{0}, Lsn{64 * S}, Lsn{1024 * S}, history.records, evidence};
        const LogChain chain = chain_from_checkpoint(scan, classify_log(scan), Op{3}, 102);
        REQUIRE(chain.prepares.size() == 1);
        CHECK(chain.prepares[0].op == Op{4});
        CHECK(chain.faults.empty());
    }
    SUBCASE("not one with another parent, which is no fault while it was not acknowledged") {
        history.records[3].parent = 4711;
        const LogScan scan{Lsn{0}, Lsn{64 * S}, Lsn{1024 * S}, history.records, evidence};
        const LogChain chain = chain_from_checkpoint(scan, classify_log(scan), Op{0}, 0);
        CHECK(chain.prepares.size() == 3);
        CHECK(chain.unchained.size() == 1);
        CHECK(chain.faults.empty());
    }
    SUBCASE("an acknowledged one with another parent is a fault") {
        history.records[1].parent = 4711;
        const LogScan scan{Lsn{0}, Lsn{64 * S}, Lsn{1024 * S}, history.records, evidence};
        const LogChain chain = chain_from_checkpoint(scan, classify_log(scan), Op{0}, 0);
        CHECK(chain.prepares.size() == 1);
        CHECK(!chain.faults.empty());
    }
    SUBCASE("the last written one of several for an op") {
        History twice(2);
        ScannedRecord again = twice.records[1];
        again.lsn = Lsn{2 * S};
        again.links = {.from = Lsn{0},
                       .count = 2,
                       .links = {RecordLink{Lsn{S}, Op{2}, 101}, RecordLink{Lsn{0}, Op{1}, 100}}};
        twice.records.push_back(again);
        const LogScan scan{Lsn{0}, Lsn{64 * S}, Lsn{1024 * S}, twice.records, evidence};
        const LogChain chain = chain_from_checkpoint(scan, classify_log(scan), Op{0}, 0);
        REQUIRE(chain.prepares.size() == 2);
        CHECK(chain.prepares[1].lsn == Lsn{2 * S});
    }
}

TEST_CASE("a report denies an op only if nothing can have completed it") {
    RecoveryReport report;
    report.prepares = {{.op = Op{5}}};
    report.unchained = {{.op = Op{8}}};
    report.torn = {Op{6}};
    CHECK(report.class_of(Op{5}) == LogClass::present);
    CHECK(report.class_of(Op{6}) == LogClass::torn);
    CHECK(report.class_of(Op{7}) == LogClass::never);
    CHECK(report.class_of(Op{8}) == LogClass::present);
    report.faults = {{.log_class = LogClass::lost, .op = Op{7}}};
    CHECK(report.class_of(Op{7}) == LogClass::lost);
    CHECK(report.class_of(Op{6}) == LogClass::torn);
    report.faults.push_back({.log_class = LogClass::unknown});
    CHECK(report.class_of(Op{6}) == LogClass::unknown);
    CHECK(report.class_of(Op{7}) == LogClass::lost);
}
