#include "server/engine/row_job.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/chunks.hpp"
#include "server/forest/column_page.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::engine {

RowJob::RowJob(const Limits& limits)
    : page_size_(limits.page_size), chunk_size_(limits.chunk_size), batch_(RowTableId::transfers) {}

void RowJob::begin(const Generation& generation,
                   const std::array<std::uint32_t, row_table_count>& page_counts) {
    ELYTRA_ASSERT(done());
    generation_ = &generation;
    page_counts_ = page_counts;
    for (std::vector<forest::Fence>& fences : fences_) fences.clear();
    made_ = {};
    table_ = 0;
    start_table();
    skip_empty_tables();
}

void RowJob::add_memory(std::vector<SectorBuffer> memory) {
    std::ranges::move(memory, std::back_inserter(memory_));
}

std::uint32_t RowJob::rows_begin() const {
    const Generation::Start& start = generation_->begin();
    return std::array{start.transfers, start.expiries, start.failed_ids}[table_];
}

std::uint32_t RowJob::rows_end() const {
    const Generation::Start end = generation_->end();
    return std::array{end.transfers, end.expiries, end.failed_ids}[table_];
}

void RowJob::start_table() {
    batch_ = ColumnBatch(table());
    batch_size_ = ColumnBatch::rows_max;
    row_next_ = rows_begin();
}

void RowJob::skip_empty_tables() {
    while (rows_begin() == rows_end()) {
        if (++table_ == row_table_count) return;
        start_table();
    }
}

std::uint64_t RowJob::timestamp_of(std::uint32_t row) const {
    switch (table()) {
        case RowTableId::transfers:
            return generation_->transfer(ledger::TransferRow{row}).timestamp;
        case RowTableId::expiries:
            return generation_->expiry_timestamp(row - rows_begin());
        case RowTableId::failed_ids:
            break;
    }
    return 0;  // nobody looks for them by time
}

void RowJob::add_row(std::uint32_t row) {
    switch (table()) {
        case RowTableId::transfers:
            return batch_.add(generation_->record(ledger::TransferRow{row}));
        case RowTableId::expiries:
            return batch_.add(generation_->expiry(row - rows_begin()));
        case RowTableId::failed_ids:
            return batch_.add(generation_->failed_ids()[row - rows_begin()]);
    }
}

void RowJob::add_page() {
    forest::BuiltChunk& chunk = made_.rows;
    const std::uint32_t end = rows_end();
    while (batch_.size() < batch_size_ && row_next_ < end) add_row(row_next_++);
    std::vector<forest::Fence>& fences = fences_[table_];
    const forest::PageName name{
        .segment = segments::rows_first + static_cast<std::uint32_t>(table_),
        .number = page_counts_[table_] + narrow<std::uint32_t>(fences.size())};
    const std::span<std::byte> page = chunk.buffer.bytes().subspan(chunk.size, page_size_);
    const std::uint32_t first_row = row_next_ - batch_.size();
    const std::uint32_t count = forest::encode_columns(name, batch_.columns(), page);
    fences.push_back({.first_key = timestamp_of(first_row),
                      .first_row = first_row,
                      .count = count,
                      .checksum = wire::checksum(page)});
    chunk.size += page_size_;
    made_.row_count += count;
    batch_.drop(count);
    // Rows that do not fit are moved, so hardly more are collected than fitted last time. Which
    // rows share a page remains a function of the rows.
    batch_size_ = std::min(ColumnBatch::rows_max, count + count / 8 + 8);
}

void RowJob::run() {
    ELYTRA_ASSERT(!done());
    ELYTRA_ASSERT(made_.rows.size == 0);
    made_.table = table();
    forest::BuiltChunk& chunk = made_.rows;
    chunk.buffer = take_memory(memory_, chunk_size_);
    const std::uint32_t end = rows_end();
    while (chunk.size < chunk_size_ && (row_next_ < end || batch_.size() > 0)) add_page();
    seal_chunk(chunk);
    if (row_next_ < end || batch_.size() > 0) return;
    made_.fences = chunks_of(std::as_bytes(std::span(fences_[table_])), chunk_size_);
    if (++table_ == row_table_count) return;
    start_table();
    skip_empty_tables();
}

RowJob::Made RowJob::take() { return std::exchange(made_, {}); }

}  // namespace elytra::engine
