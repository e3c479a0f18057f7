#include "server/engine/stored_transfers.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace elytra::engine {

namespace {

struct CountedTerm {
    std::uint64_t rows = 0;  // about
    Term term;
};

}  // namespace

StoredTransfers::StoredTransfers(const QuerySource& source, const TransferSelection& selection)
    : source_(source), selection_(selection), reader_(source, selection.window) {
    const LedgerStore& store = source.store;
    choose_terms(stored_rows(store.catalog().table(RowTableId::transfers),
                             store.memory_begin().transfers, selection.window));
}

void StoredTransfers::choose_terms(const RowRange& rows) {
    std::vector<CountedTerm> terms;
    for (const std::vector<IndexKey>& keys : index_keys(selection_)) {
        CountedTerm& counted = terms.emplace_back();
        for (const IndexKey& key : keys) {
            counted.term.emplace_back(source_.store.catalog(), key, rows);
            counted.rows += expected_rows(counted.term.back(), rows);
        }
    }
    std::ranges::stable_sort(terms, {}, &CountedTerm::rows);
    const Term driver = terms.empty() ? Term{} : std::move(terms.front().term);
    candidates_.emplace(source_.cache, driver, rows, selection_.order);
    for (std::size_t index = 1; index < terms.size(); ++index) {
        intersections_.emplace_back(source_.cache, std::move(terms[index].term), selection_.order);
    }
}

Progress StoredTransfers::advance(ResultWriter& results) {
    while (!results.full() && stage_ != Stage::done) {
        if (finish_stage(results) == Progress::waiting) return Progress::waiting;
        stage_ = next_stage();
    }
    return Progress::done;
}

Progress StoredTransfers::finish_stage(ResultWriter& results) {
    switch (stage_) {
        case Stage::begin:
            begin_block(results);
            return Progress::done;
        case Stage::candidates:
            return candidates_->advance(block_, block_size_);
        case Stage::intersections:
            return intersect();
        case Stage::rows:
            return read_rows(results);
        case Stage::done:
            break;
    }
    return Progress::done;
}

StoredTransfers::Stage StoredTransfers::next_stage() const {
    switch (stage_) {
        case Stage::begin:
            return Stage::candidates;
        case Stage::candidates:
            return block_.empty() ? Stage::done : Stage::intersections;
        case Stage::intersections:
            return Stage::rows;
        case Stage::rows:
            return Stage::begin;
        case Stage::done:
            break;
    }
    return Stage::done;
}

// Blocks grow, because nothing is known of how many candidates it takes to find a result.
void StoredTransfers::begin_block(const ResultWriter& results) {
    block_.clear();
    block_size_ =
        std::clamp(std::max(results.left(), block_size_ * 2), block_size_min, block_size_max);
    intersection_ = 0;
    position_ = 0;
    rows_ahead_ = 0;
}

Progress StoredTransfers::intersect() {
    for (; intersection_ < intersections_.size(); ++intersection_) {
        Intersection& intersection = intersections_[intersection_];
        if (!intersecting_) {
            intersection.begin(block_);
            if (!is_worth_reading(intersection)) continue;
            intersecting_ = true;
        }
        if (intersection.advance(block_) == Progress::waiting) return Progress::waiting;
        intersecting_ = false;
    }
    return Progress::done;
}

// If it removes about every second row, or more.
bool StoredTransfers::is_worth_reading(const Intersection& intersection) {
    group_by_page(source_.store.catalog().table(RowTableId::transfers), block_, row_pages_);
    return intersection.page_count() * 2 <= row_pages_.size();
}

// As many rows as there is room for are read at first, then more: they may not be results.
Progress StoredTransfers::read_rows(ResultWriter& results) {
    while (position_ < block_.size() && !results.full()) {
        if (!reading_) {
            rows_ahead_ = std::min<std::size_t>(
                std::max<std::size_t>(results.left(), rows_ahead_ * 2), rows_ahead_max);
            rows_ahead_ = std::min(rows_ahead_, block_.size() - position_);
            reader_.begin(std::span(block_).subspan(position_, rows_ahead_));
            reading_ = true;
        }
        const Progress progress = reader_.advance([&](const TransferRecord& record) {
            const bool selected = selects(selection_, record.parties()) &&
                                  ledger::matches(selection_.fields, record.transfer);
            if (selected) show(selection_, record, results);
            return !results.full();
        });
        if (progress == Progress::waiting) return progress;
        reading_ = false;
        position_ += rows_ahead_;
    }
    return Progress::done;
}

}  // namespace elytra::engine
