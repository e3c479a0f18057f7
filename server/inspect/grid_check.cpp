#include "server/inspect/grid_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "server/common/prng.hpp"
#include "server/wire/objects.hpp"

namespace elytra::inspect {

namespace {

using engine::AccountTable;
using engine::CatalogImage;
using engine::RowTableId;
using storage::BlockRef;
using Kind = SegmentUse::Kind;

namespace segments = engine::segments;

}  // namespace

GridCheck::GridCheck(ByteSource& source, const Limits& limits, const Checkpoints& checkpoints,
                     const Options& options)
    : limits_(limits), checkpoints_(checkpoints), accounts_(limits) {
    for (const ManifestReport* manifest : {&checkpoints.newest, &checkpoints.previous}) {
        if (manifest->damage.has_value()) damages_.push_back(*manifest->damage);
    }
    std::ranges::move(overlaps(checkpoints), std::back_inserter(damages_));
    if (checkpoints.newest.manifest.has_value()) {
        content_.emplace(source, limits, checkpoints.newest);
        if (content_->catalog().has_value()) {
            read_newest();
            check_segments();
        }
        plan(checkpoints.newest, false);
    }
    if (checkpoints.previous.manifest.has_value()) {
        previous_.emplace(source, limits, checkpoints.previous);
        plan(checkpoints.previous, true);
    }
    shuffle(options.seed);
}

void GridCheck::read_newest() {
    const CatalogImage& catalog = *content_->catalog();
    accounts_complete_ = read_accounts();
    const std::uint32_t trail_length = accounts_complete_ ? accounts_.count() : 0;
    tally_.emplace(catalog);
    trail_.emplace(trail_length);
    for (std::size_t table = 0; table < engine::row_table_count; ++table) {
        const auto id = static_cast<RowTableId>(table);
        tables_[table] = content_->read_table(id);
        const bool judged =
            tables_[table].has_value() && (accounts_complete_ || id == RowTableId::failed_ids);
        if (!judged) tally_->skip_rows(id, 0, catalog.tables[table].row_count);
    }
    for (std::uint32_t number = 0; number < catalog.runs.size(); ++number) {
        runs_.push_back(content_->read_run(catalog.runs[number]));
        if (!runs_.back().has_value()) tally_->skip_run(number);
    }
    pages_.emplace(limits_,
                   PageCheck::Parts{.content = *content_,
                                    .tally = *tally_,
                                    .trail = *trail_,
                                    .accounts = accounts_complete_ ? &accounts_ : nullptr});
}

// What a server demands of the accounts before it serves them.
bool GridCheck::read_accounts() {
    if (!read_images() || !read_changes()) return false;
    if (accounts_.restore_finish() &&
        accounts_.timestamp_last() <= content_->catalog()->timestamp) {
        return true;
    }
    content_->add_damage(segments::accounts,
                         "ids repeat, timestamps do not ascend, or debits and credits differ");
    return false;
}

bool GridCheck::read_images() {
    const CatalogImage& catalog = *content_->catalog();
    const auto images = checkpoints_.newest.find(segments::accounts);
    const std::uint32_t rows_max = accounts_.rows_per_chunk();
    std::uint64_t rows_left = catalog.account_count;
    bool fits = images.has_value() && images->size() == catalog.account_image_cuts.size() &&
                catalog.account_count <= AccountTable::count_max;
    for (std::size_t i = 0; fits && i < images->size(); ++i) {
        const std::uint64_t rows = std::min<std::uint64_t>(rows_left, rows_max);
        fits = rows > 0 && (*images)[i].size == rows * sizeof(wire::Account);
        rows_left -= rows;
    }
    if (!fits || rows_left > 0) {
        content_->add_damage(segments::accounts,
                             "its chunks are not those that the catalog counts");
        return false;
    }
    bool intact = true;
    for (std::uint32_t i = 0; i < images->size(); ++i) {
        std::span<const std::byte> bytes;
        intact = content_->read_chunk(segments::accounts, i, bytes) && intact;
        if (!intact) continue;
        const std::uint32_t rows =
            (*images)[i].size / static_cast<std::uint32_t>(sizeof(wire::Account));
        std::ranges::copy(bytes, accounts_.restore_image(i, rows).begin());
    }
    return intact;
}

bool GridCheck::read_changes() {
    const CatalogImage& catalog = *content_->catalog();
    bool intact = true;
    for (const CatalogImage::Changes& set : catalog.account_changes) {
        const auto bytes = content_->read_segment(set.segment);
        intact = intact && bytes.has_value();
        if (!intact) continue;
        const auto changes = engine::decode_changes(*bytes);
        intact = changes.has_value();
        for (std::size_t i = 0; intact && i < changes->size(); ++i) {
            const AccountTable::Change& change = (*changes)[i];
            const std::uint32_t chunk = change.account.value / accounts_.rows_per_chunk();
            intact =
                chunk < catalog.account_image_cuts.size() &&
                (catalog.account_image_cuts[chunk] >= set.cut || accounts_.restore_change(change));
        }
        if (!intact) content_->add_damage(set.segment, "changes of accounts that make no sense");
    }
    return intact;
}

void GridCheck::check_segments() {
    const std::optional<CatalogImage>& catalog = content_->catalog();
    for (const storage::SegmentPlace& place : checkpoints_.newest.places) {
        if (use_of(place.id, catalog).kind == Kind::unknown) {
            content_->add_damage(place.id, "the catalog does not know it");
        }
    }
    const auto statuses = checkpoints_.newest.find(segments::statuses);
    const bool fits = statuses.has_value() && statuses->size() == catalog->status_chunk_count &&
                      std::ranges::all_of(*statuses, [this](const BlockRef& chunk) {
                          return chunk.size == limits_.chunk_size;
                      });
    if (!fits) {
        content_->add_damage(segments::statuses,
                             "its chunks are not those that the catalog counts");
    }
}

void GridCheck::plan(const ManifestReport& manifest, bool of_previous) {
    for (const storage::SegmentPlace& place : manifest.places) {
        if (!is_about_sessions(place.id)) plan_segment(manifest, place.id, of_previous);
    }
}

bool GridCheck::has_read(const BlockRef& chunk) const {
    return (content_.has_value() && content_->has_read(chunk.offset)) ||
           (previous_.has_value() && previous_->has_read(chunk.offset));
}

void GridCheck::plan_segment(const ManifestReport& manifest, std::uint32_t segment,
                             bool of_previous) {
    const std::span<const BlockRef> chunks = *manifest.find(segment);
    std::uint32_t page = 0;
    for (std::uint32_t i = 0; i < chunks.size(); ++i) {
        if (has_read(chunks[i])) {
            bytes_done_ += of_previous ? 0 : chunks[i].size_on_disk();
        } else {
            work_.push_back({.of_previous = of_previous,
                             .segment = segment,
                             .chunk = i,
                             .first_page = page,
                             .block = chunks[i]});
        }
        page += chunks[i].size / limits_.page_size;
    }
}

// Another order finds other faults first when a device is failing. What both checkpoints use is
// verified once.
void GridCheck::shuffle(std::uint64_t seed) {
    std::ranges::stable_sort(work_, {}, [](const Work& work) { return work.block.offset; });
    const auto repeated = std::ranges::unique(
        work_, [](const Work& left, const Work& right) { return left.block == right.block; });
    work_.erase(repeated.begin(), repeated.end());
    Prng prng(seed);
    for (std::size_t i = work_.size(); i > 1; --i) std::swap(work_[i - 1], work_[prng.below(i)]);
}

bool GridCheck::step() {
    if (done_ == work_.size()) {
        if (!std::exchange(finished_, true)) finish();
        return false;
    }
    const Work& work = work_[done_++];
    bytes_done_ += work.block.size_on_disk();
    if (work.of_previous) {
        std::span<const std::byte> bytes;
        previous_->read_chunk(work.segment, work.chunk, bytes);
    } else {
        check_newest(work);
    }
    return true;
}

void GridCheck::check_newest(const Work& work) {
    std::span<const std::byte> bytes;
    const auto known = static_cast<std::ptrdiff_t>(content_->damages().size());
    const bool intact = content_->read_chunk(work.segment, work.chunk, bytes);
    const std::uint32_t pages_damaged = check_pages(work, bytes);
    if (intact || pages_damaged == 0) return;
    // Damaged pages tell more than the chunk that they are in.
    content_->damages().erase(content_->damages().begin() + known);
}

// How many of its pages are damaged; 0 for a chunk that has none.
std::uint32_t GridCheck::check_pages(const Work& work, std::span<const std::byte> bytes) {
    if (!pages_.has_value()) return 0;
    const PagesOfChunk pages{.segment = work.segment,
                             .chunk = work.chunk,
                             .first_page = work.first_page,
                             .block = work.block,
                             .bytes = bytes};
    const SegmentUse use = use_of(work.segment, content_->catalog());
    if (use.kind == Kind::rows && tables_[use.number].has_value()) {
        return pages_->check_rows(*tables_[use.number], pages);
    }
    const bool has_pages = use.kind == Kind::run && runs_[use.number].has_value() &&
                           work.chunk < content_->catalog()->runs[use.number].page_chunk_count;
    return has_pages ? pages_->check_run(*runs_[use.number], use.number, pages) : 0;
}

// What only all rows and all pairs together can tell.
void GridCheck::finish() {
    if (!pages_.has_value()) return;
    const CatalogImage& catalog = *content_->catalog();
    for (const IndexTally::Difference& difference : tally_->differences()) {
        content_->add_damage(catalog.runs[difference.run].segment, difference.what);
    }
    if (tally_->uncovered() > 0) {
        content_->add_damage(segments::catalog,
                             fmt::format("{} entries that rows make are in the range of no run",
                                         tally_->uncovered()));
    }
    const bool all_rows = pages_->rows_complete() && accounts_complete_ &&
                          std::ranges::all_of(tables_, [](const auto& t) { return t.has_value(); });
    if (!all_rows) return;
    const std::vector<std::uint32_t> accounts = trail_->differences(accounts_);
    if (accounts.empty()) return;
    content_->add_damage(segments::accounts,
                         fmt::format("{} accounts, the first in row {}, are not as their newest "
                                     "event left them",
                                     accounts.size(), accounts.front()));
}

std::vector<Damage> GridCheck::take_damages() {
    std::vector<Damage> damages = std::exchange(damages_, {});
    for (std::optional<Content>* content : {&content_, &previous_}) {
        if (!content->has_value()) continue;
        std::ranges::move((*content)->damages(), std::back_inserter(damages));
        (*content)->damages().clear();
    }
    return damages;
}

}  // namespace elytra::inspect
