#include "server/engine/flush.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/chunks.hpp"

namespace elytra::engine {

using forest::BuiltChunk;
using storage::BlockRef;

namespace {

// The names that a cut takes, whether or not there is anything for them: one for the run of each
// index, one for the changes of accounts.
constexpr std::uint32_t changes_name = index_count;
constexpr std::uint32_t names_per_cut = changes_name + 1;

}  // namespace

Flush::Flush(const Limits& limits, const Parts& parts)
    : limits_(limits),
      parts_(parts),
      writer_(limits, 0, parts.page_store),
      image_job_(limits),
      row_job_(limits),
      index_job_(limits) {}

void Flush::begin() {
    ELYTRA_ASSERT(done());
    LedgerStore& store = parts_.store;
    Catalog& catalog = store.catalog();
    begun_ = true;
    const ExpiryQueue& expiries = store.expiries_due();
    head_ = {.cut = catalog.cut + 1,
             .timestamp = store.timestamp(),
             .transfer_timestamp_last = store.transfer_timestamp_last(),
             .expiry_first = expiries.empty() ? UINT64_MAX : expiries.front().expires_at,
             .account_count = store.accounts().count(),
             .segment_first = catalog.segment_next};
    catalog.segment_next += names_per_cut;
    segments_.clear();
    catalog_bytes_.clear();

    image_job_.begin(store.accounts().cut(head_.cut), store.statuses().cut());
    images_made_ = false;
    new_accounts_ = {};
    new_statuses_ = {};
    new_changes_.clear();

    std::array<std::uint32_t, row_table_count> page_counts{};
    for (std::size_t i = 0; i < row_table_count; ++i) {
        page_counts[i] = catalog.tables[i].page_count();
        new_rows_[i].clear();
        new_fences_[i].clear();
    }
    row_job_.begin(store.previous(), page_counts);
    work_ = {.rows = store.previous().row_count(),
             .pairs = parts_.merges.pairs_wanted(catalog, head_.cut),
             .pairs_merged_before = parts_.merges.pairs_merged()};

    index_next_ = 0;
    for (NewRun& run : new_runs_) run = {};
}

void Flush::advance() {
    if (!begun_) return;
    advance_lane(Lane::images_and_rows);
    advance_lane(Lane::indexes);
    push(new_accounts_);
    push(new_statuses_);
    writer_.advance();
    if (!all_written()) return;
    const auto merged = parts_.merges.due(parts_.store.catalog(), head_.cut);
    if (merged.has_value()) finish(*merged);
}

void Flush::advance_lane(Lane lane) {
    bool& running = running_[static_cast<std::size_t>(lane)];
    if (running || writer_.unwritten() >= unwritten_max) return;
    Job* job = next_job(lane);
    if (job == nullptr) return;
    running = true;
    parts_.io.push(storage::Compute{
        .job = job,
        .token = {.owner = storage::IoOwner::flush, .id = static_cast<std::uint32_t>(lane)}});
}

Job* Flush::next_job(Lane lane) {
    switch (lane) {
        case Lane::images_and_rows:
            if (!images_made_) return &image_job_;
            if (row_job_.done()) return nullptr;
            row_job_.add_memory(writer_.take_memory(row_job_.memory_wanted()));
            return &row_job_;
        case Lane::indexes:
            break;
    }
    if (index_next_ == index_count) return nullptr;
    index_job_.begin(parts_.store.previous(), static_cast<IndexId>(index_next_),
                     head_.segment_first + static_cast<std::uint32_t>(index_next_));
    index_job_.add_memory(writer_.take_memory(index_job_.memory_wanted()));
    return &index_job_;
}

void Flush::push(NewImages& images) {
    while (!images.unpushed.empty() && writer_.unwritten() < unwritten_images_max) {
        ImageJob::Image image = std::move(images.unpushed.front());
        images.unpushed.pop_front();
        images.numbers.push_back(image.number);
        writer_.push(std::move(image.chunk), images.refs);
        writer_.advance();
    }
}

Flush::Share Flush::share() const {
    constexpr std::uint64_t pairs_per_row = 3;
    const std::uint64_t own = work_.rows * (pairs_per_row + index_count);
    if (own + work_.pairs == 0) return {};
    const std::uint64_t own_done =
        begun_ ? work_.rows_made * pairs_per_row + work_.rows * index_next_ : own;
    const std::uint64_t merged = parts_.merges.pairs_merged() - work_.pairs_merged_before;
    return {.done = own_done + std::min(merged, work_.pairs), .total = own + work_.pairs};
}

bool Flush::all_made() const {
    // What runs may be on another core and must not be looked at.
    if (std::ranges::any_of(running_, std::identity{})) return false;
    return images_made_ && row_job_.done() && index_next_ == index_count;
}

bool Flush::all_written() const {
    return all_made() && new_accounts_.unpushed.empty() && new_statuses_.unpushed.empty() &&
           writer_.unwritten() == 0;
}

void Flush::on_computed(storage::IoToken token) {
    ELYTRA_ASSERT(token.owner == storage::IoOwner::flush);
    ELYTRA_ASSERT(token.id < lane_count);
    ELYTRA_ASSERT(running_[token.id]);
    running_[token.id] = false;
    if (static_cast<Lane>(token.id) == Lane::indexes) {
        on_run_made();
    } else if (images_made_) {
        on_rows_made();
    } else {
        on_images_made();
    }
}

void Flush::on_images_made() {
    images_made_ = true;
    ImageJob::Made made = image_job_.take();
    std::ranges::move(made.accounts, std::back_inserter(new_accounts_.unpushed));
    std::ranges::move(made.statuses, std::back_inserter(new_statuses_.unpushed));
    for (BuiltChunk& chunk : made.changes) writer_.push(std::move(chunk), new_changes_);
}

void Flush::on_rows_made() {
    RowJob::Made made = row_job_.take();
    const auto table = static_cast<std::size_t>(made.table);
    work_.rows_made += made.row_count;
    writer_.push(std::move(made.rows), new_rows_[table]);
    for (BuiltChunk& chunk : made.fences) writer_.push(std::move(chunk), new_fences_[table]);
}

void Flush::on_run_made() {
    IndexJob::Made made = index_job_.take();
    NewRun& run = new_runs_[index_next_++];
    run.run = std::move(made.run);
    for (BuiltChunk& chunk : made.pages) writer_.push(std::move(chunk), run.pages);
    for (BuiltChunk& chunk : made.tail) writer_.push(std::move(chunk), run.run->tail);
}

std::span<const storage::Segment> Flush::segments() const {
    ELYTRA_ASSERT(done());
    return segments_;
}

void Flush::finish(std::span<const RunRef> merged) {
    Catalog& catalog = parts_.store.catalog();
    catalog.cut = head_.cut;
    catalog.timestamp = head_.timestamp;
    catalog.transfer_timestamp_last = head_.transfer_timestamp_last;
    catalog.expiry_first = head_.expiry_first;
    add_rows(catalog);
    add_runs(catalog);
    add_accounts(catalog);
    replace_merged(catalog, merged);
    parts_.merges.forget(head_.cut);
    list_catalog(catalog);
    list_segments(catalog);
    begun_ = false;
}

void Flush::add_rows(Catalog& catalog) {
    for (std::size_t i = 0; i < row_table_count; ++i) {
        RowTable& table = catalog.tables[i];
        for (const BlockRef& chunk : new_rows_[i]) table.add_chunk(chunk);
        const bool added = table.add_fences(row_job_.fences(static_cast<RowTableId>(i)));
        ELYTRA_ASSERT(added);
        ELYTRA_ASSERT(table.page_count() == table.pages().page_count());
        std::ranges::copy(new_fences_[i], std::back_inserter(catalog.fence_chunks[i]));
    }
    const Generation::Start end = parts_.store.previous().end();
    ELYTRA_ASSERT(catalog.table(RowTableId::transfers).row_count() == end.transfers);
    ELYTRA_ASSERT(catalog.table(RowTableId::expiries).row_count() == end.expiries);
    ELYTRA_ASSERT(catalog.table(RowTableId::failed_ids).row_count() == end.failed_ids);
}

void Flush::add_runs(Catalog& catalog) {
    for (std::size_t i = 0; i < index_count; ++i) {
        NewRun& added = new_runs_[i];
        if (added.run == nullptr) continue;
        for (const BlockRef& chunk : added.pages) added.run->pages.add(chunk);
        catalog.runs[i].push_back(std::move(added.run));
    }
}

namespace {

void replace(std::vector<BlockRef>& chunks, std::uint32_t number, const BlockRef& chunk) {
    ELYTRA_ASSERT(number <= chunks.size());
    if (number == chunks.size()) chunks.emplace_back();
    chunks[number] = chunk;
}

}  // namespace

void Flush::add_accounts(Catalog& catalog) const {
    catalog.account_count = head_.account_count;
    for (std::size_t i = 0; i < new_accounts_.numbers.size(); ++i) {
        replace(catalog.account_images, new_accounts_.numbers[i], new_accounts_.refs[i]);
        catalog.account_image_cuts.resize(catalog.account_images.size());
        catalog.account_image_cuts[new_accounts_.numbers[i]] = head_.cut;
    }
    for (std::size_t i = 0; i < new_statuses_.numbers.size(); ++i) {
        replace(catalog.status_chunks, new_statuses_.numbers[i], new_statuses_.refs[i]);
    }
    if (!new_changes_.empty()) {
        catalog.account_changes.push_back({.cut = head_.cut,
                                           .segment = head_.segment_first + changes_name,
                                           .chunks = new_changes_});
    }
    // An image has all changes up to its cut.
    if (catalog.account_image_cuts.empty()) return;
    const std::uint64_t oldest = *std::ranges::min_element(catalog.account_image_cuts);
    std::erase_if(catalog.account_changes,
                  [&](const AccountChanges& changes) { return changes.cut <= oldest; });
}

namespace {

storage::Segment segment_of(std::uint32_t id, std::span<const BlockRef> chunks) {
    storage::Segment segment{.id = id, .chunks = {}};
    segment.chunks.reserve(chunks.size());
    for (const BlockRef& chunk : chunks) segment.chunks.push_back({.ref = chunk, .bytes = {}});
    return segment;
}

storage::Segment segment_of(const Run& run) {
    storage::Segment segment = segment_of(run.segment, run.pages.chunks());
    for (const BlockRef& chunk : run.tail) segment.chunks.push_back({.ref = chunk, .bytes = {}});
    return segment;
}

}  // namespace

void Flush::list_catalog(const Catalog& catalog) {
    const std::vector<std::byte> bytes = encode(catalog);
    storage::Segment segment{.id = segments::catalog, .chunks = {}};
    for (BuiltChunk& chunk : chunks_of(bytes, limits_.chunk_size)) {
        catalog_bytes_.push_back(std::move(chunk.buffer));
        segment.chunks.push_back(
            {.ref = {.size = chunk.size}, .bytes = catalog_bytes_.back().bytes()});
    }
    segments_.push_back(std::move(segment));
}

void Flush::list_segments(const Catalog& catalog) {
    segments_.push_back(segment_of(segments::accounts, catalog.account_images));
    segments_.push_back(segment_of(segments::statuses, catalog.status_chunks));
    for (std::uint32_t i = 0; i < row_table_count; ++i) {
        segments_.push_back(
            segment_of(segments::rows_first + i, catalog.tables[i].pages().chunks()));
        segments_.push_back(segment_of(segments::fences_first + i, catalog.fence_chunks[i]));
    }
    for (const std::vector<RunRef>& runs : catalog.runs) {
        for (const RunRef& run : runs) segments_.push_back(segment_of(*run));
    }
    for (const AccountChanges& changes : catalog.account_changes) {
        segments_.push_back(segment_of(changes.segment, changes.chunks));
    }
}

}  // namespace elytra::engine
