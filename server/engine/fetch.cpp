#include "server/engine/fetch.hpp"

#include <algorithm>
#include <optional>

#include "server/common/assert.hpp"
#include "server/engine/open_page.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/column_page.hpp"
#include "server/forest/filter.hpp"
#include "server/forest/pair_page.hpp"

namespace elytra::engine {

using forest::ColumnPage;
using forest::Pair;
using ledger::TransferRow;

namespace {

std::uint64_t key_of_id(u128 id) { return forest::key_of(forest::hash_of(id)); }

}  // namespace

Fetch::Fetch(LedgerStore& store, storage::PageCache& cache)
    : store_(store), cache_(cache), walk_(cache) {}

void Fetch::clear() {
    ids_.clear();
    runs_.clear();
    searched_.clear();
    candidates_.clear();
    wanted_.clear();
    stage_ = Stage::candidates;
}

void Fetch::add_row(TransferRow row) {
    if (row.value < store_.memory_begin().transfers) want_row(Wanted::Why::row, 0, row.value);
}

void Fetch::add_timestamp(std::uint64_t timestamp) {
    const RowTable& table = store_.catalog().table(RowTableId::transfers);
    for (std::uint32_t page = table.page_from(timestamp); page < table.page_count(); ++page) {
        if (table.fences()[page].first_key > timestamp) return;
        wanted_.push_back({.why = Wanted::Why::timestamp, .timestamp = timestamp, .page = page});
    }
}

Progress Fetch::advance() {
    if (stage_ == Stage::candidates) {
        find_candidates();
        walk_.restart();
        stage_ = Stage::index;
    }
    if (stage_ == Stage::index) {
        const Progress progress = walk_.advance(
            candidates_,
            [](const Candidate& candidate) { return candidate.run->address(candidate.page); },
            [&](const Candidate& candidate, std::span<const std::byte> page) {
                search(candidate, page);
            });
        if (progress == Progress::waiting) return progress;
        walk_.restart();
        stage_ = Stage::rows;
    }
    if (stage_ == Stage::rows) {
        const Progress progress = walk_.advance(
            wanted_,
            [&](const Wanted& wanted) { return table_of(wanted.why).address(wanted.page); },
            [&](const Wanted& wanted, std::span<const std::byte> page) { use(wanted, page); });
        if (progress == Progress::waiting) return progress;
        stage_ = Stage::done;
    }
    return Progress::done;
}

// Most ids are new and, as clients make them, above all others: one comparison rules them out.
void Fetch::prepare_runs() {
    id_min_ = u128_max;
    id_max_ = 0;
    for (const IndexId index : {IndexId::id, IndexId::failed_id}) {
        for (const RunRef& run : store_.catalog().runs_of(index)) {
            if (run->pair_count == 0) continue;
            runs_.push_back(run);
            searched_.push_back({.id_min = run->id_min, .id_max = run->id_max, .run = run.get()});
            id_min_ = std::min(id_min_, run->id_min);
            id_max_ = std::max(id_max_, run->id_max);
        }
    }
}

void Fetch::find_candidates() {
    if (ids_.empty()) return;
    prepare_runs();
    if (searched_.empty()) return;
    std::erase_if(ids_, [&](u128 id) { return id < id_min_ || id > id_max_; });
    constexpr std::size_t distance = 4;  // ids ahead whose cache lines are loaded
    for (std::size_t index = 0; index < ids_.size(); ++index) {
        if (index + distance < ids_.size()) {
            const u128 ahead = ids_[index + distance];
            const std::uint64_t hash = filter_hash(key_of_id(ahead));
            for (const Searched& searched : searched_) {
                if (ahead >= searched.id_min && ahead <= searched.id_max) {
                    searched.run->filter.prefetch(hash);
                }
            }
        }
        add_candidates(ids_[index]);
    }
}

void Fetch::add_candidates(u128 id) {
    const std::uint64_t key = key_of_id(id);
    const std::uint64_t hash = filter_hash(key);
    for (const Searched& searched : searched_) {
        if (id < searched.id_min || id > searched.id_max) continue;
        if (!searched.run->filter.may_contain(hash)) continue;
        const Pair first{.key = key, .row = 0};
        candidates_.push_back({.id = id,
                               .run = searched.run,
                               .page = forest::find_page(searched.run->fences, first)});
    }
}

// Equal keys may go on in the next page.
void Fetch::search(const Candidate& candidate, std::span<const std::byte> bytes) {
    const Run& run = *candidate.run;
    const forest::PairPage page = open_pairs(run, candidate.page, bytes);
    const std::uint64_t key = key_of_id(candidate.id);
    const auto why = run.index == IndexId::id ? Wanted::Why::id : Wanted::Why::failed_id;
    std::uint32_t index = page.lower_bound({.key = key, .row = 0});
    for (; index < page.size(); ++index) {
        const Pair pair = page.at(index);
        if (pair.key != key) return;
        want_row(why, candidate.id, pair.row);
    }
    const std::uint32_t next = candidate.page + 1;
    if (next == run.fences.size() || run.fences[next].first_key > key) return;
    candidates_.push_back({.id = candidate.id, .run = candidate.run, .page = next});
}

const RowTable& Fetch::table_of(Wanted::Why why) const {
    return store_.catalog().table(why == Wanted::Why::failed_id ? RowTableId::failed_ids
                                                                : RowTableId::transfers);
}

void Fetch::want_row(Wanted::Why why, u128 id, std::uint32_t row) {
    const std::uint32_t page = table_of(why).page_of(row);
    wanted_.push_back({.why = why, .id = id, .page = page, .row = row});
}

void Fetch::use(const Wanted& wanted, std::span<const std::byte> bytes) {
    const RowTable& table = table_of(wanted.why);
    const ColumnPage page = open_rows(table, wanted.page, bytes);
    const std::uint32_t row = wanted.row - table.first_row(wanted.page);
    switch (wanted.why) {
        case Wanted::Why::failed_id:
            if (decode_failed_id(page, row) == wanted.id)
                store_.working_set().add_failed(wanted.id);
            return;
        case Wanted::Why::timestamp:
            for (std::uint32_t each = 0; each < page.row_count(); ++each) {
                if (decode_transfer_timestamp(page, each) == wanted.timestamp) {
                    store_.working_set().add_timestamp(wanted.timestamp);
                }
            }
            return;
        case Wanted::Why::id:
            if (decode_transfer_id(page, row) != wanted.id) return;
            [[fallthrough]];
        case Wanted::Why::row:
            break;
    }
    const std::optional<TransferRecord> record = decode_transfer(page, row, store_.accounts());
    ELYTRA_ASSERT(record.has_value());
    store_.working_set().add(TransferRow{wanted.row}, *record);
}

}  // namespace elytra::engine
