#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/common/int.hpp"
#include "server/engine/page_map.hpp"
#include "server/engine/row_codec.hpp"
#include "server/engine/row_table.hpp"
#include "server/forest/filter.hpp"
#include "server/forest/page.hpp"
#include "server/storage/manifest.hpp"
#include "server/storage/page_cache.hpp"

// What the page store holds of the ledger: tables of rows, and the runs of the indexes over them.
namespace elytra::engine {

// Numbers are in data files: they are never given to another index.
enum class IndexId : std::uint8_t {
    id = 0,         // key_of(hash_of(id)) -> transfer
    failed_id = 1,  // likewise -> row of failed_ids
    debit = 2,      // account row -> transfer
    credit = 3,
    user_data_128 = 4,  // key_of(hash_of(value)) -> transfer; zero is in none of the three
    user_data_64 = 5,
    user_data_32 = 6,  // the value
    ledger = 7,        // the value
    code = 8,
    expiry = 9,  // when a pending transfer with a timeout expires -> transfer
};

inline constexpr std::size_t index_count = 10;

// Whether runs of this index have a filter and bounds of their ids.
constexpr bool has_filter(IndexId index) {
    return index == IndexId::id || index == IndexId::failed_id;
}

// What the filter of a run holds for a key. It depends on the key alone, so that a merge can make
// the filter of its result, and ascends with it, so that filling one goes through memory in order.
inline std::uint64_t filter_hash(std::uint64_t key) {
    return key << 24 | (key * 0x9e3779b97f4a7c15) >> 40;
}

// An immutable sorted sequence of pairs of one index over a range of rows. Its segment holds the
// chunks with its pages, then those with its tail: fences, then filter.
struct Run {
    explicit Run(std::uint32_t page_size) : pages(page_size) {}

    std::uint32_t segment = 0;
    IndexId index{};
    std::uint8_t tier = 0;
    std::uint32_t row_first = 0;  // covers the rows [row_first, row_end) of its table
    std::uint32_t row_end = 0;
    std::uint64_t pair_count = 0;
    u128 id_min = 0;  // of id and failed_id; min > max when it has no pairs
    u128 id_max = 0;
    std::vector<forest::Fence> fences;  // by page
    forest::Filter filter;  // of id and failed_id: filter_hash() of each key, for pair_count
    PageMap pages;
    std::vector<storage::BlockRef> tail;  // chunks

    storage::PageAddress address(std::uint32_t page) const;
};

using RunRef = std::shared_ptr<const Run>;  // shared with merges that read it

// A merge that is on its way: at the cut `due` its inputs are replaced by its result.
struct ScheduledMerge {
    IndexId index{};
    std::uint8_t tier = 0;       // of the inputs
    std::uint32_t segment = 0;   // of the result
    std::uint64_t due = 0;       // cut number
    std::vector<RunRef> inputs;  // consecutive rows, ascending

    std::uint8_t result_tier() const { return static_cast<std::uint8_t>(tier + 1); }

    std::uint64_t pair_count() const;  // of all inputs, and of the result
    std::uint64_t page_count() const;  // of all inputs
};

// Which account changes are still needed: those of one cut.
struct AccountChanges {
    std::uint64_t cut = 0;
    std::uint32_t segment = 0;
    std::vector<storage::BlockRef> chunks;
};

// The state of one checkpoint, as far as it is in the page store.
struct Catalog {
    explicit Catalog(std::uint32_t page_size);

    std::uint64_t cut = 0;                      // number of the checkpoint's cut, from 1; 0: none
    std::uint64_t timestamp = 0;                // of the last operation
    std::uint64_t transfer_timestamp_last = 0;  // 0 without transfers
    std::uint64_t expiry_first = UINT64_MAX;    // no pending transfer expires earlier
    std::uint32_t segment_next = segments::numbered_first;

    std::array<RowTable, row_table_count> tables;
    std::array<std::vector<storage::BlockRef>, row_table_count> fence_chunks;
    // By rows, ascending. Rows without pairs need not be covered.
    std::array<std::vector<RunRef>, index_count> runs;
    std::vector<ScheduledMerge> merges;  // in the order of their choice

    std::uint32_t account_count = 0;
    std::vector<storage::BlockRef> account_images;  // by chunk of rows
    std::vector<std::uint64_t> account_image_cuts;  // when each was written
    std::vector<AccountChanges> account_changes;    // by cut, ascending
    std::vector<storage::BlockRef> status_chunks;

    const RowTable& table(RowTableId id) const { return tables[static_cast<std::size_t>(id)]; }

    std::span<const RunRef> runs_of(IndexId index) const {
        return runs[static_cast<std::size_t>(index)];
    }
};

// The part of a catalog that its segments do not tell: the content of segments::catalog. Byte
// table: README.md.
std::vector<std::byte> encode(const Catalog& catalog);

// What encode() wrote: a catalog without what lies in other segments, which is fences, filters and
// references of chunks.
struct CatalogImage {
    struct Table {
        std::uint32_t row_count = 0;
        std::uint32_t page_count = 0;

        bool operator==(const Table&) const = default;
    };

    struct Run {
        std::uint32_t segment = 0;
        IndexId index{};
        std::uint8_t tier = 0;
        std::uint32_t row_first = 0;
        std::uint32_t row_end = 0;
        std::uint64_t pair_count = 0;
        std::uint32_t page_count = 0;
        std::uint32_t page_chunk_count = 0;  // of its segment the leading chunks
        std::uint32_t tail_chunk_count = 0;  // and the remaining ones
        std::uint64_t filter_size = 0;       // bytes; follows from pair_count
        u128 id_min = 0;
        u128 id_max = 0;

        bool operator==(const Run&) const = default;
    };

    struct Merge {
        IndexId index{};
        std::uint8_t tier = 0;
        std::uint32_t segment = 0;
        std::uint64_t due = 0;
        std::vector<std::uint32_t> inputs;  // segments of runs of this index and tier

        bool operator==(const Merge&) const = default;
    };

    struct Changes {
        std::uint64_t cut = 0;
        std::uint32_t segment = 0;

        bool operator==(const Changes&) const = default;
    };

    std::uint64_t cut = 0;
    std::uint64_t timestamp = 0;
    std::uint64_t transfer_timestamp_last = 0;
    std::uint64_t expiry_first = 0;
    std::uint32_t segment_next = 0;
    std::array<Table, row_table_count> tables;
    std::vector<Run> runs;  // by index, then by rows
    std::vector<Merge> merges;
    std::uint32_t account_count = 0;
    std::vector<std::uint64_t> account_image_cuts;  // by chunk of segments::accounts
    std::vector<Changes> account_changes;
    std::uint32_t status_chunk_count = 0;

    bool operator==(const CatalogImage&) const = default;
};

// Nothing in the bytes is trusted: empty unless they are what encode() writes for a catalog whose
// parts agree with each other.
std::optional<CatalogImage> decode_catalog(std::span<const std::byte> bytes,
                                           std::uint32_t page_size);

// Fences as they are stored: 32 bytes each, as in memory, one behind the other.
std::span<const std::byte> fence_bytes(std::span<const forest::Fence> fences);

// Empty if the bytes are not whole fences.
std::optional<std::vector<forest::Fence>> decode_fences(std::span<const std::byte> bytes);

// The tail of a run's segment: fences from its beginning on, then zeros up to a whole cache line,
// then the filter. Chunks cut it anywhere.
struct RunTail {
    std::uint64_t fences_size = 0;
    std::uint64_t filter_offset = 0;
    std::uint64_t size = 0;  // where the filter ends; of the fences where there is no filter
};

RunTail run_tail(std::uint32_t page_count, std::uint64_t filter_size);

// Copies the part of a tail that begins at `offset` and is as long as `part`.
void copy_tail(const Run& run, std::uint64_t offset, std::span<std::byte> part);

// Takes fences and filter of a run out of its whole tail. False, and nothing done: its size is
// wrong, its padding is not zero, or the fences do not have `run.pair_count` pairs in ascending
// order of keys.
[[nodiscard]] bool restore_tail(std::span<const std::byte> tail, const CatalogImage::Run& image,
                                Run& run);

}  // namespace elytra::engine
