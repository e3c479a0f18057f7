#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/restore.hpp"

// Which parts of a checkpoint are read, and what has to be true of them as a whole.
namespace elytra::engine {

using storage::BlockRef;

namespace {

std::uint64_t size_of(std::span<const BlockRef> chunks) {
    std::uint64_t size = 0;
    for (const BlockRef& chunk : chunks) size += chunk.size;
    return size;
}

// Whole pages, so many in total.
bool are_pages(std::span<const BlockRef> chunks, std::uint64_t page_count,
               std::uint32_t page_size) {
    const bool whole = std::ranges::all_of(
        chunks, [&](const BlockRef& chunk) { return chunk.size % page_size == 0; });
    return whole && size_of(chunks) == page_count * page_size;
}

}  // namespace

// Appends an item for each chunk; together they are one thing. `first` is the index of the first
// one in its segment.
void Restore::add_chunks(Item item, std::span<const BlockRef> chunks, std::uint32_t first) {
    for (std::uint32_t i = 0; i < chunks.size(); ++i) {
        item.index = first + i;
        item.block = chunks[i];
        item.complete = i + 1 == chunks.size();
        items_.push_back(item);
    }
}

bool Restore::plan_content() {
    catalog_.cut = image_.cut;
    catalog_.timestamp = image_.timestamp;
    catalog_.transfer_timestamp_last = image_.transfer_timestamp_last;
    catalog_.expiry_first = image_.expiry_first;
    catalog_.segment_next = image_.segment_next;
    if (!plan_accounts() || !plan_statuses()) return false;
    for (std::size_t table = 0; table < row_table_count; ++table) {
        if (!plan_table(table)) return false;
    }
    for (std::uint32_t number = 0; number < image_.runs.size(); ++number) {
        if (!plan_run(number)) return false;
    }
    return true;
}

bool Restore::plan_accounts() {
    const auto images = page_store_.find(segments::accounts);
    if (!images.has_value() || images->size() != image_.account_image_cuts.size()) return false;
    const std::uint32_t rows_max = store_.accounts().rows_per_chunk();
    std::uint32_t rows_left = image_.account_count;
    for (std::uint32_t chunk = 0; chunk < images->size(); ++chunk) {
        const std::uint32_t rows = std::min(rows_left, rows_max);
        if (rows == 0 || (*images)[chunk].size != rows * sizeof(wire::Account)) return false;
        rows_left -= rows;
        items_.push_back({.kind = Item::Kind::account_image,
                          .which = chunk,
                          .segment = segments::accounts,
                          .index = chunk,
                          .block = (*images)[chunk]});
    }
    if (rows_left > 0) return false;
    catalog_.account_count = image_.account_count;
    catalog_.account_image_cuts = image_.account_image_cuts;
    catalog_.account_images.assign(images->begin(), images->end());
    for (std::uint32_t i = 0; i < image_.account_changes.size(); ++i) {
        const CatalogImage::Changes& changes = image_.account_changes[i];
        const auto chunks = page_store_.find(changes.segment);
        if (!chunks.has_value() || chunks->empty()) return false;
        add_chunks({.kind = Item::Kind::account_changes, .which = i, .segment = changes.segment},
                   *chunks, 0);
        catalog_.account_changes.push_back(
            {.cut = changes.cut,
             .segment = changes.segment,
             .chunks = std::vector<BlockRef>(chunks->begin(), chunks->end())});
    }
    return true;
}

bool Restore::plan_statuses() {
    const auto chunks = page_store_.find(segments::statuses);
    if (!chunks.has_value() || chunks->size() != image_.status_chunk_count) return false;
    const bool full = std::ranges::all_of(
        *chunks, [&](const BlockRef& chunk) { return chunk.size == limits_.chunk_size; });
    if (!full) return false;
    add_chunks({.kind = Item::Kind::statuses, .segment = segments::statuses}, *chunks, 0);
    catalog_.status_chunks.assign(chunks->begin(), chunks->end());
    return true;
}

bool Restore::plan_table(std::size_t table) {
    const auto id = static_cast<std::uint32_t>(table);
    const auto rows = page_store_.find(segments::rows_first + id);
    const auto fences = page_store_.find(segments::fences_first + id);
    if (!rows.has_value() || !fences.has_value()) return false;
    const std::uint32_t page_count = image_.tables[table].page_count;
    if (!are_pages(*rows, page_count, limits_.page_size)) return false;
    if (size_of(*fences) != std::uint64_t{page_count} * sizeof(forest::Fence)) return false;
    for (const BlockRef& chunk : *rows) catalog_.tables[table].add_chunk(chunk);
    add_chunks({.kind = Item::Kind::fences, .which = id, .segment = segments::fences_first + id},
               *fences, 0);
    catalog_.fence_chunks[table].assign(fences->begin(), fences->end());
    return true;
}

bool Restore::plan_run(std::uint32_t number) {
    const CatalogImage::Run& image = image_.runs[number];
    const auto chunks = page_store_.find(image.segment);
    const std::uint64_t chunk_count =
        std::uint64_t{image.page_chunk_count} + image.tail_chunk_count;
    if (!chunks.has_value() || chunks->size() != chunk_count) return false;
    const std::span<const BlockRef> pages = chunks->first(image.page_chunk_count);
    const std::span<const BlockRef> tail = chunks->subspan(image.page_chunk_count);
    if (!are_pages(pages, image.page_count, limits_.page_size)) return false;
    auto run = std::make_unique<Run>(limits_.page_size);
    run->segment = image.segment;
    run->index = image.index;
    run->tier = image.tier;
    run->row_first = image.row_first;
    run->row_end = image.row_end;
    run->pair_count = image.pair_count;
    run->id_min = image.id_min;
    run->id_max = image.id_max;
    for (const BlockRef& chunk : pages) run->pages.add(chunk);
    run->tail.assign(tail.begin(), tail.end());
    add_chunks({.kind = Item::Kind::run_tail, .which = number, .segment = image.segment}, tail,
               image.page_chunk_count);
    runs_.push_back(std::move(run));
    return true;
}

// The catalog gets the runs, and its merges their inputs, which decode_catalog() has looked for.
void Restore::share_runs() {
    std::vector<RunRef> all;
    for (std::unique_ptr<Run>& run : runs_) {
        all.push_back(std::move(run));
        catalog_.runs[static_cast<std::size_t>(all.back()->index)].push_back(all.back());
    }
    runs_.clear();
    for (const CatalogImage::Merge& image : image_.merges) {
        ScheduledMerge merge{.index = image.index,
                             .tier = image.tier,
                             .segment = image.segment,
                             .due = image.due,
                             .inputs = {}};
        for (const std::uint32_t segment : image.inputs) {
            const auto input = std::ranges::find(all, segment, &Run::segment);
            ELYTRA_ASSERT(input != all.end());
            merge.inputs.push_back(*input);
        }
        catalog_.merges.push_back(std::move(merge));
    }
}

bool Restore::finish_content() {
    for (std::size_t i = 0; i < row_table_count; ++i) {
        const RowTable& table = catalog_.tables[i];
        if (table.row_count() != image_.tables[i].row_count) return false;
        if (table.page_count() != image_.tables[i].page_count) return false;
    }
    if (!store_.accounts().restore_finish()) return false;
    if (store_.accounts().timestamp_last() > image_.timestamp) return false;
    share_runs();
    store_.restore(std::exchange(catalog_, Catalog(limits_.page_size)));
    plan_expiries();
    return true;
}

void Restore::plan_expiries() {
    constexpr std::uint64_t never = UINT64_MAX;
    if (image_.expiry_first == never) return;
    const std::size_t count = store_.catalog().runs_of(IndexId::expiry).size();
    for (std::uint32_t number = 0; number < count; ++number) plan_expiries(number);
}

// Leaves out the pages before the first expiry that is still to come.
void Restore::plan_expiries(std::uint32_t number) {
    const Run& run = *store_.catalog().runs_of(IndexId::expiry)[number];
    const auto page_count = narrow<std::uint32_t>(run.fences.size());
    std::uint32_t page = 0;
    while (page + 1 < page_count && run.fences[page + 1].first_key < image_.expiry_first) ++page;
    while (page < page_count) {
        const std::uint32_t count =
            std::min(run.pages.consecutive(page), piece_size / limits_.page_size);
        items_.push_back(
            {.kind = Item::Kind::expiry_pages,
             .which = number,
             .segment = run.segment,
             .index = page,
             .block = {.offset = run.pages.offset(page), .size = count * limits_.page_size}});
        page += count;
    }
}

}  // namespace elytra::engine
