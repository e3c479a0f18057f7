#pragma once

#include <cstdint>

namespace elytra {

inline constexpr std::uint32_t sector_size = 4096;  // unit of alignment of all file I/O

// Every bound of a replica in one value; all memory, file and queue sizes follow from it. The same
// code runs with production and with tiny limits, where rare paths are common (storage spec, 16.2).
struct Limits {
    std::uint32_t message_size_max;    // header and body, bytes
    std::uint32_t request_size_max;    // largest request accepted, <= message_size_max
    std::uint32_t sessions_max;        // client sessions per cluster
    std::uint32_t pipeline_ops_max;    // prepares not yet committed and answered
    std::uint32_t pipeline_bytes_max;  // their size on the log
    std::uint64_t log_size;            // bytes of the log ring
    std::uint32_t evidence_sectors;    // ring of evidence sectors
    std::uint32_t log_group_size_max;  // bytes of records written before one evidence sector
    std::uint64_t cut_log_bytes;       // a checkpoint is cut after this many bytes of prepares,
    std::uint32_t cut_ops;             // or this many ops,
    std::uint32_t cut_rows;            // or this many new rows since the last cut
    std::uint32_t chunk_size;          // bytes of one checksummed write of a checkpoint
    std::uint32_t chunk_writes_max;    // such writes in flight
    std::uint64_t extent_step;         // the file grows by this many bytes
    std::uint32_t page_size;           // bytes of one page of rows or of an index
    std::uint64_t page_cache_size;     // bytes of pages kept in memory
    std::uint32_t page_reads_max;      // reads of single pages in flight
    std::uint32_t merge_width;         // so many runs of a tier become one of the next
    std::uint32_t merge_delay;         // cuts from choosing new runs for a merge to its result
    std::uint32_t account_image_cuts;  // every account is written whole once in so many cuts
};

constexpr Limits limits_production() {
    return Limits{
        .message_size_max = 1U << 20,
        .request_size_max = 1U << 20,
        .sessions_max = 64,
        .pipeline_ops_max = 64,
        .pipeline_bytes_max = 8U << 20,
        .log_size = 64ULL << 20,
        .evidence_sectors = 64,
        .log_group_size_max = 8U << 20,
        .cut_log_bytes = 16ULL << 20,
        .cut_ops = 4096,
        .cut_rows = 122'880,
        .chunk_size = 1U << 20,
        .chunk_writes_max = 8,
        .extent_step = 32ULL << 20,
        .page_size = 4U << 10,
        .page_cache_size = 64U << 20,
        .page_reads_max = 256,
        .merge_width = 16,
        .merge_delay = 16,
        .account_image_cuts = 16,
    };
}

// A journal that wraps and a checkpoint that comes within a handful of small requests.
constexpr Limits limits_tiny() {
    return Limits{
        .message_size_max = 16U << 10,
        .request_size_max = 16U << 10,
        .sessions_max = 4,
        .pipeline_ops_max = 4,
        .pipeline_bytes_max = 64U << 10,
        .log_size = 32 * 8 * 1024,
        .evidence_sectors = 4,
        .log_group_size_max = 64U << 10,
        .cut_log_bytes = 48U << 10,
        .cut_ops = 8,
        .cut_rows = 64,
        .chunk_size = 8U << 10,
        .chunk_writes_max = 2,
        .extent_step = 64U << 10,
        .page_size = 4U << 10,
        .page_cache_size = 64U << 10,
        .page_reads_max = 4,
        .merge_width = 2,
        .merge_delay = 2,
        .account_image_cuts = 3,
    };
}

}  // namespace elytra
