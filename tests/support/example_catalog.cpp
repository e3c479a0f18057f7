#include "tests/support/example_catalog.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "server/common/int.hpp"

namespace elytra::test {

using namespace elytra::engine;
using forest::Fence;
using storage::BlockRef;

namespace {

constexpr std::uint32_t count_max = 4096;

std::vector<BlockRef> some_chunks(std::size_t count) {
    return std::vector<BlockRef>(count, BlockRef{.offset = sector_size, .size = 100});
}

// Pages with `count` rows or pairs in all, one each but for the last, in `chunk_count` chunks.
std::vector<Fence> fences_for(std::uint32_t pages, std::uint64_t count) {
    std::vector<Fence> fences;
    for (std::uint32_t page = 0; page < pages; ++page) {
        const bool last = page + 1 == pages;
        const auto in_page = last ? narrow<std::uint32_t>(count - page) : 1;
        fences.push_back({.first_key = page, .first_row = page, .count = in_page});
    }
    return fences;
}

BlockRef chunk_of_pages(std::uint32_t pages) {
    return {.offset = sector_size, .size = pages * example_page_size};
}

RowTable table_of(RowTableId id, const CatalogImage::Table& image) {
    RowTable table(id, example_page_size);
    if (image.page_count == 0) return table;
    table.add_chunk(chunk_of_pages(image.page_count));
    const bool added = table.add_fences(fences_for(image.page_count, image.row_count));
    ELYTRA_ASSERT(added);
    return table;
}

RunRef run_of(const CatalogImage::Run& image) {
    auto run = std::make_shared<Run>(example_page_size);
    run->segment = image.segment;
    run->index = image.index;
    run->tier = image.tier;
    run->row_first = image.row_first;
    run->row_end = image.row_end;
    run->pair_count = image.pair_count;
    run->id_min = image.id_min;
    run->id_max = image.id_max;
    run->fences = fences_for(image.page_count, image.pair_count);
    if (image.filter_size > 0) run->filter = forest::Filter(image.pair_count);
    for (std::uint32_t chunk = 0; chunk < image.page_chunk_count; ++chunk) {
        const bool last = chunk + 1 == image.page_chunk_count;
        run->pages.add(chunk_of_pages(last ? image.page_count - chunk : 1));
    }
    run->tail = some_chunks(image.tail_chunk_count);
    return run;
}

bool is_small(const CatalogImage& image) {
    for (const CatalogImage::Table& table : image.tables) {
        if (table.page_count > count_max) return false;
    }
    return image.status_chunk_count <= count_max &&
           std::ranges::all_of(image.runs, [](const CatalogImage::Run& run) {
               return run.page_count <= count_max && run.tail_chunk_count <= count_max &&
                      run.pair_count <= count_max * 64;
           });
}

// Names of segments, as a checkpoint gives them.
struct Names {
    std::uint32_t next = segments::numbered_first;

    std::uint32_t take(Prng& prng) {
        next += static_cast<std::uint32_t>(prng.between(1, 3));
        return next - 1;
    }
};

CatalogImage::Run random_run(Prng& prng, IndexId index, std::uint32_t row_first,
                             std::uint32_t segment) {
    const auto pairs = static_cast<std::uint32_t>(prng.between(1, 500));
    const auto pages = static_cast<std::uint32_t>(prng.between(1, std::min(pairs, 9U)));
    CatalogImage::Run run{.segment = segment, .index = index};
    run.tier = static_cast<std::uint8_t>(prng.below(2));
    run.row_first = row_first;
    run.row_end = row_first + pairs + static_cast<std::uint32_t>(prng.below(10));
    run.pair_count = pairs;
    run.page_count = pages;
    run.page_chunk_count = static_cast<std::uint32_t>(prng.between(1, pages));
    run.tail_chunk_count = static_cast<std::uint32_t>(prng.between(1, 3));
    if (index == IndexId::id || index == IndexId::failed_id) {
        run.filter_size = forest::Filter::size_of(pairs);
        run.id_max = prng.next_u128();
        run.id_min = run.id_max / 2;
    }
    return run;
}

// Pairs of neighbours of one index and tier become one.
void schedule_merges(Prng& prng, Names& names, CatalogImage& image) {
    for (std::size_t i = 0; i + 1 < image.runs.size(); i += 2) {
        const CatalogImage::Run& first = image.runs[i];
        const CatalogImage::Run& second = image.runs[i + 1];
        if (first.index != second.index || first.tier != second.tier) continue;
        image.merges.push_back({.index = first.index,
                                .tier = first.tier,
                                .segment = names.take(prng),
                                .due = image.cut + prng.between(1, 4),
                                .inputs = {first.segment, second.segment}});
    }
}

}  // namespace

Catalog random_catalog(Prng& prng) {
    CatalogImage image;
    image.cut = prng.between(20, 1000);
    image.timestamp = prng.between(1U << 20, 1U << 30);
    image.expiry_first = prng.next();
    Names names;
    for (CatalogImage::Table& table : image.tables) {
        table = {.row_count = 3000, .page_count = static_cast<std::uint32_t>(prng.between(1, 9))};
    }
    image.transfer_timestamp_last = image.timestamp - prng.below(1000);
    for (std::size_t index = 0; index < index_count; ++index) {
        std::uint32_t row = 0;
        for (std::uint64_t left = prng.below(6); left > 0; --left) {
            image.runs.push_back(
                random_run(prng, static_cast<IndexId>(index), row, names.take(prng)));
            row = image.runs.back().row_end;
        }
    }
    schedule_merges(prng, names, image);
    image.account_count = static_cast<std::uint32_t>(prng.between(100, 1000));
    for (std::uint64_t left = prng.between(1, 9); left > 0; --left) {
        image.account_image_cuts.push_back(prng.between(1, image.cut));
    }
    for (std::uint64_t left = prng.below(4); left > 0; --left) {
        image.account_changes.push_back({.cut = image.cut - left + 1, .segment = names.take(prng)});
    }
    image.status_chunk_count = static_cast<std::uint32_t>(prng.below(4));
    image.segment_next = names.next;
    return *catalog_of(image);
}

std::optional<Catalog> catalog_of(const CatalogImage& image) {
    if (!is_small(image)) return std::nullopt;
    Catalog catalog(example_page_size);
    catalog.cut = image.cut;
    catalog.timestamp = image.timestamp;
    catalog.transfer_timestamp_last = image.transfer_timestamp_last;
    catalog.expiry_first = image.expiry_first;
    catalog.segment_next = image.segment_next;
    for (std::size_t i = 0; i < row_table_count; ++i) {
        catalog.tables[i] = table_of(static_cast<RowTableId>(i), image.tables[i]);
    }
    std::vector<RunRef> all_runs;
    for (const CatalogImage::Run& run : image.runs) {
        all_runs.push_back(run_of(run));
        catalog.runs[static_cast<std::size_t>(run.index)].push_back(all_runs.back());
    }
    for (const CatalogImage::Merge& merge : image.merges) {
        ScheduledMerge scheduled{.index = merge.index,
                                 .tier = merge.tier,
                                 .segment = merge.segment,
                                 .due = merge.due,
                                 .inputs = {}};
        for (const std::uint32_t input : merge.inputs) {
            const auto same_name = [&](const RunRef& run) { return run->segment == input; };
            scheduled.inputs.push_back(*std::ranges::find_if(all_runs, same_name));
        }
        catalog.merges.push_back(std::move(scheduled));
    }
    catalog.account_count = image.account_count;
    catalog.account_image_cuts = image.account_image_cuts;
    for (const CatalogImage::Changes& changes : image.account_changes) {
        catalog.account_changes.push_back(
            {.cut = changes.cut, .segment = changes.segment, .chunks = some_chunks(1)});
    }
    catalog.status_chunks = some_chunks(image.status_chunk_count);
    return catalog;
}

}  // namespace elytra::test
