#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/chunk_writer.hpp"
#include "server/engine/image_job.hpp"
#include "server/engine/index_job.hpp"
#include "server/engine/ledger_store.hpp"
#include "server/engine/merges.hpp"
#include "server/engine/row_job.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::engine {

// Brings one cut to the page store: the rows of the previous generation as columns, one run for
// each index over them (none for an index without pairs), what accounts and statuses have to write,
// and the results of the merges that are due. Encoding and sorting are jobs (IoOwner::flush); their
// output is written ahead of the checkpoint, chunk by chunk, so that few chunks are held in memory.
// When all of it is in the file, the catalog is brought up to date.
//
// What is written, and under which names, is a function of the operations alone, not of timing
// (S13, S14).
//
// Two lanes of jobs, each with one job at a time, so that one waits for its turn on the other core
// while the other one runs: images, then rows; and the indexes.
class Flush {
public:
    struct Parts {
        LedgerStore& store;
        Merges& merges;
        storage::CheckpointStore& page_store;
        storage::IoQueue& io;
    };

    Flush(const Limits& limits, const Parts& parts);

    // Right after LedgerStore::cut(): copies what the next operations will change.
    // Requires: done() of the last one, or none.
    void begin();

    // As far as completions allow. Called after each of them.
    void advance();

    void on_computed(storage::IoToken token);

    // Requires: a tag of the flush, which is one without merge_tag_bit.
    void on_written(const storage::ChunkWritten& written) { writer_.on_written(written); }

    // Everything is in the file or held in segments(); the catalog is that of this cut.
    bool done() const { return !begun_; }

    // How much is done of what has to be until the next cut, so that neither this flush nor a merge
    // makes that wait: in units of about the same work; all of it where there is nothing to do.
    struct Share {
        std::uint64_t done = 1;
        std::uint64_t total = 1;
    };

    Share share() const;

    // Chunks in memory that are on their way to the page store.
    std::size_t unwritten() const { return writer_.unwritten(); }

    // Jobs are running or still to come.
    bool has_jobs() const { return begun_ && !all_made(); }

    // Of the checkpoint that is being made. Requires: not done().
    std::uint64_t cut() const { return head_.cut; }

    // All segments of the engine for the checkpoint; they refer to memory of this object until
    // begin(). Requires: done().
    std::span<const storage::Segment> segments() const;

private:
    enum class Lane : std::uint8_t { images_and_rows, indexes };

    static constexpr std::size_t lane_count = 2;

    // Chunks that are not written yet: a lane goes on when there are fewer. With what its job then
    // makes, this bounds the memory of a flush. Images are in memory anyway and leave most of the
    // room to the lanes.
    static constexpr std::size_t unwritten_max = 4;
    static constexpr std::size_t unwritten_images_max = 2;

    // Images of accounts or of statuses.
    struct NewImages {
        std::deque<ImageJob::Image> unpushed;
        std::vector<std::uint32_t> numbers;  // instead of which chunks the others come
        std::vector<storage::BlockRef> refs;
    };

    // What is to be done until the next cut: sorting a pair or merging it takes about as long,
    // encoding a row that of three pairs.
    struct Work {
        std::uint64_t rows = 0;       // of the generation
        std::uint64_t rows_made = 0;  // that are in pages
        std::uint64_t pairs = 0;      // that should be merged until the next cut
        std::uint64_t pairs_merged_before = 0;
    };

    struct NewRun {
        std::unique_ptr<Run> run;
        std::vector<storage::BlockRef> pages;
    };

    // The numbers and times of the checkpoint, as they were at the cut.
    struct Head {
        std::uint64_t cut = 0;
        std::uint64_t timestamp = 0;
        std::uint64_t transfer_timestamp_last = 0;
        std::uint64_t expiry_first = 0;
        std::uint32_t account_count = 0;
        std::uint32_t segment_first = 0;  // of the names that this flush may use
    };

    void advance_lane(Lane lane);
    Job* next_job(Lane lane);
    void push(NewImages& images);
    bool all_made() const;
    bool all_written() const;
    void on_images_made();
    void on_rows_made();
    void on_run_made();

    void finish(std::span<const RunRef> merged);
    void add_rows(Catalog& catalog);
    void add_runs(Catalog& catalog);
    void add_accounts(Catalog& catalog) const;
    void list_segments(const Catalog& catalog);
    void list_catalog(const Catalog& catalog);

    const Limits limits_;
    Parts parts_;
    ChunkWriter writer_;
    bool begun_ = false;
    Head head_;
    Work work_;
    std::array<bool, lane_count> running_{};

    ImageJob image_job_;
    bool images_made_ = false;
    NewImages new_accounts_;
    NewImages new_statuses_;
    std::vector<storage::BlockRef> new_changes_;

    RowJob row_job_;
    std::array<std::vector<storage::BlockRef>, row_table_count> new_rows_;
    std::array<std::vector<storage::BlockRef>, row_table_count> new_fences_;

    IndexJob index_job_;
    std::size_t index_next_ = 0;  // whose run is made next; index_count when all are
    std::array<NewRun, index_count> new_runs_;

    std::vector<storage::Segment> segments_;
    std::vector<SectorBuffer> catalog_bytes_;  // chunks that segments_ refers to
};

}  // namespace elytra::engine
