#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/common/assert.hpp"
#include "server/engine/open_page.hpp"
#include "server/engine/page_walk.hpp"
#include "server/engine/progress.hpp"
#include "server/engine/query.hpp"
#include "server/engine/row_codec.hpp"
#include "server/engine/time_rows.hpp"

namespace elytra::engine {

// Rows that are next to each other in a list of rows, and in one page.
struct PageRows {
    std::uint32_t page = 0;
    std::uint32_t first = 0;  // position in the list
    std::uint32_t count = 0;
};

// Replaces `pages` by the pages of the rows. Requires: rows ascend or descend.
void group_by_page(const RowTable& table, std::span<const std::uint32_t> rows,
                   std::vector<PageRows>& pages);

// How a kind of record is kept in pages.
template <class Record>
struct RecordPages;

template <>
struct RecordPages<TransferRecord> {
    static constexpr RowTableId table = RowTableId::transfers;
    static constexpr auto timestamp = decode_transfer_timestamp;
    static constexpr auto decode = decode_transfer;
};

template <>
struct RecordPages<ExpiryRecord> {
    static constexpr RowTableId table = RowTableId::expiries;
    static constexpr auto timestamp = decode_expiry_timestamp;
    static constexpr auto decode = decode_expiry;
};

// Reads rows from the page store, many pages at a time and each page once.
template <class Record>
class RowReader {
public:
    // Rows with timestamps outside of the window are passed over.
    RowReader(const QuerySource& source, const ledger::TimeWindow& window)
        : source_(source), window_(window), walk_(source.cache) {}

    // Which rows to read; they stay where they are until all are read.
    // Requires: they ascend or descend, and are in the page store.
    void begin(std::span<const std::uint32_t> rows) {
        rows_ = rows;
        group_by_page(table(), rows, pages_);
        walk_.restart();
    }

    // Visits the records in order of the rows, as long as `visit` returns that it wants more.
    template <class Visit>
    Progress advance(const Visit& visit) {
        return walk_.advance(
            pages_, [&](const PageRows& item) { return table().address(item.page); },
            [&](const PageRows& item, std::span<const std::byte> page) {
                if (!visit_page(item, page, visit)) pages_.clear();
            });
    }

private:
    // The catalog may have become another one since the last time.
    const RowTable& table() const {
        return source_.store.catalog().table(RecordPages<Record>::table);
    }

    template <class Visit>
    bool visit_page(const PageRows& item, std::span<const std::byte> bytes, const Visit& visit) {
        const forest::ColumnPage page = open_rows(table(), item.page, bytes);
        const std::uint32_t first_row = table().first_row(item.page);
        for (const std::uint32_t row : rows_.subspan(item.first, item.count)) {
            const std::uint32_t index = row - first_row;
            if (!contains(window_, RecordPages<Record>::timestamp(page, index))) continue;
            const std::optional<Record> record =
                RecordPages<Record>::decode(page, index, source_.store.accounts());
            ELYTRA_ASSERT(record.has_value());
            if (!visit(*record)) return false;
        }
        return true;
    }

    QuerySource source_;
    ledger::TimeWindow window_;
    PageWalk walk_;
    std::span<const std::uint32_t> rows_;
    std::vector<PageRows> pages_;
};

}  // namespace elytra::engine
