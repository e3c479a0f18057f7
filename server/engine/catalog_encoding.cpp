#include <algorithm>
#include <cstring>
#include <type_traits>

#include "server/common/assert.hpp"
#include "server/engine/catalog.hpp"

// The bytes of segments::catalog: byte table in README.md. Each struct is a row of that table.
namespace elytra::engine {
namespace {

constexpr std::uint64_t catalog_magic = 0x474f'4c41'5441'4345;  // "ECATALOG" on disk
constexpr std::uint32_t catalog_version = 1;

struct Header {
    std::uint64_t magic = catalog_magic;
    std::uint32_t version = catalog_version;
    std::uint32_t page_size = 0;
    std::uint64_t cut = 0;
    std::uint64_t timestamp = 0;
    std::uint64_t transfer_timestamp_last = 0;
    std::uint64_t expiry_first = 0;
    std::uint32_t segment_next = 0;
    std::uint32_t account_count = 0;
    std::uint32_t account_image_count = 0;
    std::uint32_t account_changes_count = 0;
    std::uint32_t status_chunk_count = 0;
    std::uint32_t run_count = 0;
    std::uint32_t merge_count = 0;
    std::uint32_t reserved = 0;
};

struct RowTableEntry {
    std::uint32_t row_count = 0;
    std::uint32_t page_count = 0;
};

struct RunEntry {
    u128 id_min = 0;
    u128 id_max = 0;
    std::uint32_t segment = 0;
    std::uint32_t row_first = 0;
    std::uint32_t row_end = 0;
    std::uint32_t pair_count = 0;
    std::uint32_t page_count = 0;
    std::uint32_t page_chunk_count = 0;
    std::uint32_t tail_chunk_count = 0;
    std::uint8_t index = 0;
    std::uint8_t tier = 0;
    std::uint16_t reserved = 0;
};

struct ChangesEntry {
    std::uint64_t cut = 0;
    std::uint32_t segment = 0;
    std::uint32_t reserved = 0;
};

// The segments of its inputs follow, 4 bytes each.
struct MergeEntry {
    std::uint64_t due = 0;
    std::uint32_t segment = 0;
    std::uint16_t input_count = 0;
    std::uint8_t index = 0;
    std::uint8_t tier = 0;
};

template <class T>
concept Plain = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

static_assert(Plain<Header> && sizeof(Header) == 80);
static_assert(Plain<RowTableEntry> && sizeof(RowTableEntry) == 8);
static_assert(Plain<RunEntry> && sizeof(RunEntry) == 64);
static_assert(Plain<ChangesEntry> && sizeof(ChangesEntry) == 16);
static_assert(Plain<MergeEntry> && sizeof(MergeEntry) == 16);

class Sink {
public:
    template <Plain T>
    void put(const T& value) {
        const std::span<const std::byte> bytes = std::as_bytes(std::span(&value, 1));
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }

    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

class Source {
public:
    explicit Source(std::span<const std::byte> bytes) : bytes_(bytes) {}

    // Whether so many values follow.
    template <Plain T>
    bool has(std::uint64_t count) const {
        return count <= bytes_.size() / sizeof(T);
    }

    // Requires: has<T>(1).
    template <Plain T>
    T take() {
        ELYTRA_ASSERT(has<T>(1));
        T value;
        std::memcpy(&value, bytes_.data(), sizeof(T));
        bytes_ = bytes_.subspan(sizeof(T));
        return value;
    }

    bool empty() const { return bytes_.empty(); }

private:
    std::span<const std::byte> bytes_;
};

std::uint32_t count_of(const auto& container) { return narrow<std::uint32_t>(container.size()); }

// The size of its filter follows from the number of its pairs.
std::uint64_t filter_size(IndexId index, std::uint64_t pair_count) {
    return has_filter(index) ? forest::Filter::size_of(pair_count) : 0;
}

RunEntry entry_of(const Run& run) {
    ELYTRA_ASSERT(run.filter.bytes().size() == filter_size(run.index, run.pair_count));
    const bool ids = has_filter(run.index);
    return {.id_min = ids ? run.id_min : 0,
            .id_max = ids ? run.id_max : 0,
            .segment = run.segment,
            .row_first = run.row_first,
            .row_end = run.row_end,
            .pair_count = narrow<std::uint32_t>(run.pair_count),
            .page_count = count_of(run.fences),
            .page_chunk_count = count_of(run.pages.chunks()),
            .tail_chunk_count = count_of(run.tail),
            .index = static_cast<std::uint8_t>(run.index),
            .tier = run.tier};
}

void put_merge(const ScheduledMerge& merge, Sink& sink) {
    sink.put(MergeEntry{.due = merge.due,
                        .segment = merge.segment,
                        .input_count = narrow<std::uint16_t>(merge.inputs.size()),
                        .index = static_cast<std::uint8_t>(merge.index),
                        .tier = merge.tier});
    for (const RunRef& input : merge.inputs) sink.put(input->segment);
}

bool take_tables(Source& source, CatalogImage& image) {
    if (!source.has<RowTableEntry>(row_table_count)) return false;
    for (CatalogImage::Table& table : image.tables) {
        const auto entry = source.take<RowTableEntry>();
        table = {.row_count = entry.row_count, .page_count = entry.page_count};
    }
    return true;
}

bool take_runs(Source& source, std::uint32_t count, CatalogImage& image) {
    if (!source.has<RunEntry>(count)) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto entry = source.take<RunEntry>();
        if (entry.index >= index_count || entry.reserved != 0) return false;
        const auto index = static_cast<IndexId>(entry.index);
        image.runs.push_back({.segment = entry.segment,
                              .index = index,
                              .tier = entry.tier,
                              .row_first = entry.row_first,
                              .row_end = entry.row_end,
                              .pair_count = entry.pair_count,
                              .page_count = entry.page_count,
                              .page_chunk_count = entry.page_chunk_count,
                              .tail_chunk_count = entry.tail_chunk_count,
                              .filter_size = filter_size(index, entry.pair_count),
                              .id_min = entry.id_min,
                              .id_max = entry.id_max});
    }
    return true;
}

bool take_accounts(Source& source, const Header& header, CatalogImage& image) {
    if (!source.has<std::uint64_t>(header.account_image_count)) return false;
    for (std::uint32_t i = 0; i < header.account_image_count; ++i) {
        image.account_image_cuts.push_back(source.take<std::uint64_t>());
    }
    if (!source.has<ChangesEntry>(header.account_changes_count)) return false;
    for (std::uint32_t i = 0; i < header.account_changes_count; ++i) {
        const auto entry = source.take<ChangesEntry>();
        if (entry.reserved != 0) return false;
        image.account_changes.push_back({.cut = entry.cut, .segment = entry.segment});
    }
    return true;
}

bool take_merges(Source& source, std::uint32_t count, CatalogImage& image) {
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!source.has<MergeEntry>(1)) return false;
        const auto entry = source.take<MergeEntry>();
        if (entry.index >= index_count) return false;
        if (!source.has<std::uint32_t>(entry.input_count)) return false;
        CatalogImage::Merge merge{.index = static_cast<IndexId>(entry.index),
                                  .tier = entry.tier,
                                  .segment = entry.segment,
                                  .due = entry.due,
                                  .inputs = {}};
        for (std::uint32_t input = 0; input < entry.input_count; ++input) {
            merge.inputs.push_back(source.take<std::uint32_t>());
        }
        image.merges.push_back(std::move(merge));
    }
    return true;
}

std::optional<CatalogImage> take_image(Source& source, std::uint32_t page_size) {
    if (!source.has<Header>(1)) return std::nullopt;
    const auto header = source.take<Header>();
    if (header.magic != catalog_magic || header.version != catalog_version) return std::nullopt;
    if (header.page_size != page_size || header.reserved != 0) return std::nullopt;
    CatalogImage image{.cut = header.cut,
                       .timestamp = header.timestamp,
                       .transfer_timestamp_last = header.transfer_timestamp_last,
                       .expiry_first = header.expiry_first,
                       .segment_next = header.segment_next,
                       .tables = {},
                       .runs = {},
                       .merges = {},
                       .account_count = header.account_count,
                       .account_image_cuts = {},
                       .account_changes = {},
                       .status_chunk_count = header.status_chunk_count};
    const bool taken = take_tables(source, image) && take_runs(source, header.run_count, image) &&
                       take_accounts(source, header, image) &&
                       take_merges(source, header.merge_count, image);
    if (!taken || !source.empty()) return std::nullopt;
    return image;
}

// A row is in an index once at most.
bool makes_sense(const CatalogImage::Run& run) {
    if (run.row_first >= run.row_end) return false;
    if (run.pair_count > run.row_end - run.row_first) return false;
    if (run.page_count > run.pair_count || (run.page_count == 0) != (run.pair_count == 0)) {
        return false;
    }
    if (run.page_chunk_count > run.page_count) return false;
    if ((run.page_chunk_count == 0) != (run.page_count == 0)) return false;
    if (!has_filter(run.index)) {
        if (run.id_min != 0 || run.id_max != 0) return false;
    } else if ((run.id_min > run.id_max) != (run.pair_count == 0)) {
        return false;
    }
    const std::uint64_t tail_size = run_tail(run.page_count, run.filter_size).size;
    return (run.tail_chunk_count == 0) == (tail_size == 0) && run.tail_chunk_count <= tail_size;
}

bool tables_make_sense(const CatalogImage& image) {
    for (const CatalogImage::Table& table : image.tables) {
        if (table.page_count > table.row_count) return false;
        if ((table.page_count == 0) != (table.row_count == 0)) return false;
    }
    const std::uint32_t transfers =
        image.tables[static_cast<std::size_t>(RowTableId::transfers)].row_count;
    return (transfers > 0) == (image.transfer_timestamp_last > 0) &&
           image.transfer_timestamp_last <= image.timestamp &&
           image.status_chunk_count <= transfers;
}

RowTableId table_of(IndexId index) {
    return index == IndexId::failed_id ? RowTableId::failed_ids : RowTableId::transfers;
}

// Runs of an index without pairs are left out, so rows may be in none of its runs, but never in
// two.
bool runs_make_sense(const CatalogImage& image) {
    const CatalogImage::Run* before = nullptr;
    for (const CatalogImage::Run& run : image.runs) {
        const RowTableId table = table_of(run.index);
        if (!makes_sense(run)) return false;
        if (run.row_end > image.tables[static_cast<std::size_t>(table)].row_count) return false;
        if (before != nullptr) {
            if (before->index > run.index) return false;
            if (before->index == run.index && before->row_end > run.row_first) return false;
        }
        before = &run;
    }
    return true;
}

// The inputs are consecutive runs of its index and tier.
bool merge_makes_sense(const CatalogImage::Merge& merge, const CatalogImage& image) {
    if (merge.due <= image.cut || merge.tier == UINT8_MAX || merge.inputs.empty()) return false;
    auto run = std::ranges::find(image.runs, merge.inputs.front(), &CatalogImage::Run::segment);
    for (const std::uint32_t input : merge.inputs) {
        if (run == image.runs.end() || run->segment != input) return false;
        if (run->index != merge.index || run->tier != merge.tier) return false;
        ++run;
    }
    return true;
}

bool no_repetition(std::vector<std::uint32_t>& names) {
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
}

bool merges_make_sense(const CatalogImage& image) {
    std::vector<std::uint32_t> inputs;
    for (const CatalogImage::Merge& merge : image.merges) {
        if (!merge_makes_sense(merge, image)) return false;
        inputs.insert(inputs.end(), merge.inputs.begin(), merge.inputs.end());
    }
    return no_repetition(inputs);
}

bool accounts_make_sense(const CatalogImage& image) {
    if (image.account_image_cuts.size() > image.account_count) return false;
    if (image.account_image_cuts.empty() != (image.account_count == 0)) return false;
    for (const std::uint64_t cut : image.account_image_cuts) {
        if (cut == 0 || cut > image.cut) return false;
    }
    std::uint64_t before = 0;
    for (const CatalogImage::Changes& changes : image.account_changes) {
        if (changes.cut <= before || changes.cut > image.cut) return false;
        before = changes.cut;
    }
    return true;
}

// Names of segments are given once, in ascending order.
bool names_make_sense(const CatalogImage& image) {
    std::vector<std::uint32_t> names;
    for (const CatalogImage::Run& run : image.runs) names.push_back(run.segment);
    for (const CatalogImage::Merge& merge : image.merges) names.push_back(merge.segment);
    for (const CatalogImage::Changes& changes : image.account_changes) {
        names.push_back(changes.segment);
    }
    const bool in_range = std::ranges::all_of(names, [&](std::uint32_t name) {
        return name >= segments::numbered_first && name < image.segment_next;
    });
    return in_range && image.segment_next >= segments::numbered_first && no_repetition(names);
}

}  // namespace

std::vector<std::byte> encode(const Catalog& catalog) {
    Sink sink;
    Header header{.page_size = catalog.tables.front().pages().page_size(),
                  .cut = catalog.cut,
                  .timestamp = catalog.timestamp,
                  .transfer_timestamp_last = catalog.transfer_timestamp_last,
                  .expiry_first = catalog.expiry_first,
                  .segment_next = catalog.segment_next,
                  .account_count = catalog.account_count,
                  .account_image_count = count_of(catalog.account_image_cuts),
                  .account_changes_count = count_of(catalog.account_changes),
                  .status_chunk_count = count_of(catalog.status_chunks),
                  .merge_count = count_of(catalog.merges)};
    for (const std::vector<RunRef>& runs : catalog.runs) header.run_count += count_of(runs);
    sink.put(header);
    for (const RowTable& table : catalog.tables) {
        sink.put(RowTableEntry{.row_count = table.row_count(), .page_count = table.page_count()});
    }
    for (const std::vector<RunRef>& runs : catalog.runs) {
        for (const RunRef& run : runs) sink.put(entry_of(*run));
    }
    for (const std::uint64_t cut : catalog.account_image_cuts) sink.put(cut);
    for (const AccountChanges& changes : catalog.account_changes) {
        sink.put(ChangesEntry{.cut = changes.cut, .segment = changes.segment});
    }
    for (const ScheduledMerge& merge : catalog.merges) put_merge(merge, sink);
    return sink.take();
}

std::optional<CatalogImage> decode_catalog(std::span<const std::byte> bytes,
                                           std::uint32_t page_size) {
    Source source(bytes);
    std::optional<CatalogImage> image = take_image(source, page_size);
    if (!image.has_value() || image->cut == 0) return std::nullopt;
    const bool sensible = tables_make_sense(*image) && runs_make_sense(*image) &&
                          merges_make_sense(*image) && accounts_make_sense(*image) &&
                          names_make_sense(*image);
    if (!sensible) return std::nullopt;
    return image;
}

}  // namespace elytra::engine
