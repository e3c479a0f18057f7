#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "server/engine/ledger_store.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/query.hpp"
#include "server/engine/records.hpp"
#include "server/engine/row_reader.hpp"
#include "server/engine/time_rows.hpp"
#include "server/ledger/filter.hpp"

namespace elytra::engine {

// How a kind of record is kept in memory, by row.
template <class Record>
struct RecordMemory;

template <>
struct RecordMemory<TransferRecord> {
    static RowRange rows(const LedgerStore& store);
    static std::uint64_t timestamp(const LedgerStore& store, std::uint32_t row);
    static TransferRecord record(const LedgerStore& store, std::uint32_t row);
};

template <>
struct RecordMemory<ExpiryRecord> {
    static RowRange rows(const LedgerStore& store);
    static std::uint64_t timestamp(const LedgerStore& store, std::uint32_t row);
    static ExpiryRecord record(const LedgerStore& store, std::uint32_t row);
};

// The records of a time window, first those of the page store, then those in memory; some of them
// at a time.
template <class Record>
class TimedRecords {
public:
    TimedRecords(const QuerySource& source, const ledger::TimeWindow& window)
        : store_(source.store), reader_(source, window) {
        const RowRange in_memory = Memory::rows(store_);
        stored_ = stored_rows(store_.catalog().table(RecordPages<Record>::table), in_memory.first,
                              window);
        memory_ = rows_in(in_memory, window,
                          [&](std::uint32_t row) { return Memory::timestamp(store_, row); });
    }

    // Reads until it holds so many records, or all that are left. After `waiting`, call again with
    // the same number.
    Progress fill(std::size_t count) {
        while (records_.size() < count && !complete()) {
            if (stored_.empty()) {
                records_.push_back(Memory::record(store_, memory_.first++));
                continue;
            }
            if (rows_.empty()) begin_reading(count - records_.size());
            const Progress progress = reader_.advance([&](const Record& record) {
                records_.push_back(record);
                return true;
            });
            if (progress == Progress::waiting) return progress;
            stored_.first = rows_.back() + 1;
            rows_.clear();
        }
        return Progress::done;
    }

    // In order.
    std::span<const Record> records() const { return records_; }

    void drop(std::size_t count) {
        records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
    }

private:
    using Memory = RecordMemory<Record>;

    // No others follow those that it holds.
    bool complete() const { return stored_.empty() && memory_.empty(); }

    void begin_reading(std::size_t count) {
        rows_.resize(std::min<std::size_t>(count, stored_.size()));
        std::iota(rows_.begin(), rows_.end(), stored_.first);
        reader_.begin(rows_);
    }

    const LedgerStore& store_;
    RowReader<Record> reader_;
    RowRange stored_;  // that are left
    RowRange memory_;
    std::vector<std::uint32_t> rows_;  // that are being read
    std::vector<Record> records_;
};

}  // namespace elytra::engine
