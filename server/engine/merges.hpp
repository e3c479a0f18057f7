#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/common/limits.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/engine/catalog.hpp"
#include "server/engine/chunk_writer.hpp"
#include "server/engine/merge_job.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/page_cache.hpp"
#include "server/storage/reader.hpp"

namespace elytra::engine {

// Merges runs while operations go on. At a cut, for every index and tier that has merge_width runs
// outside of a merge and no merge that is due later, the oldest ones are chosen; merge_delay() cuts
// later the result takes their place, in the checkpoint of that cut. Which runs a checkpoint has is
// so a function of the operations alone; how fast the disk and the cores are only decides whether
// that cut has to wait (S14, S15).
//
// One merge goes on at a time, the one that is due first. A long one is set aside for shorter ones
// that are due sooner, which would have to wait for it otherwise. Inputs are read ahead in pieces
// (IoOwner::merge_read), merged by jobs (IoOwner::merge_job), and the result is written ahead of
// its checkpoint. A merge that a crash cuts off is begun again from its inputs.
class Merges {
public:
    Merges(const Limits& limits, storage::CheckpointStore& page_store, storage::IoQueue& io);

    // At the cut with this number, when `catalog` has become that of the cut before: chooses new
    // merges, which go into catalog.merges and take names from catalog.segment_next.
    void choose(Catalog& catalog, std::uint64_t cut);

    // After a restart: catalog.merges are begun again.
    void restore(const Catalog& catalog);

    // The results that are due at this cut, in the order of catalog.merges; nothing while one is
    // not finished.
    std::optional<std::vector<RunRef>> due(const Catalog& catalog, std::uint64_t cut) const;

    // Pairs that are still to be merged of one of catalog.merges.
    std::uint64_t pairs_left(const ScheduledMerge& merge) const;

    // How many pairs should be merged between this cut and the next one: where as many are at each
    // later cut, no merge is late.
    std::uint64_t pairs_wanted(const Catalog& catalog, std::uint64_t cut) const;

    // Pairs merged since it was made.
    std::uint64_t pairs_merged() const { return pairs_merged_; }

    // Results of this cut are in the catalog now.
    void forget(std::uint64_t cut);

    void advance();

    // Only merges that are due at this cut or before it get jobs from now on. A flush is waited for
    // sooner than most merges, so they leave the other core to it.
    void restrict_to(std::uint64_t due_last) { due_last_ = due_last; }

    void on_computed(storage::IoToken token);
    void on_read(storage::IoToken token);

    void on_written(const storage::ChunkWritten& written) { writer_.on_written(written); }

    // A page of an input that is not what its fence expects: the owner has to stop.
    const std::optional<storage::PageFault>& fault() const { return fault_; }

private:
    // Each input is read in two pieces of this size: one is merged while the other is on its way.
    static constexpr std::uint32_t piece_size = 64U << 10;
    static constexpr std::uint32_t pieces_per_input = 2;

    // Merges that were begun and are not finished: bounds the memory of their pieces.
    static constexpr std::size_t running_max = 4;

    // Chunks of the result that are not written yet: the merge goes on when there are fewer.
    static constexpr std::size_t unwritten_max = 2;

    // Room for consecutive pages of an input.
    struct Piece {
        enum class State : std::uint8_t { free, reading, read, merging };

        State state = State::free;
        std::uint32_t first_page = 0;
        std::uint32_t page_count = 0;
        SectorBuffer buffer;  // allocated when it is first needed, and kept
    };

    struct Input {
        std::uint32_t page_next = 0;  // the first one that was not asked for
        std::uint32_t fed = 0;        // pages that the job has been given
    };

    // A merge that was begun.
    struct Running {
        Running(const ScheduledMerge& scheduled, const Limits& limits, std::span<Piece> room);

        ScheduledMerge merge;
        MergeJob job;
        bool computing = false;
        std::uint64_t pairs_left = 0;  // about so many the job still needs
        std::span<Piece> pieces;       // pieces_per_input for each input
        std::vector<Input> inputs;
        std::vector<storage::BlockRef> pages;  // chunks of the result
        std::vector<storage::BlockRef> tail;
    };

    struct Finished {
        std::uint64_t due = 0;
        RunRef run;
    };

    static std::span<Piece> pieces_of(Running& running, std::size_t input) {
        return running.pieces.subspan(input * pieces_per_input, pieces_per_input);
    }

    void start_next();
    void read_ahead();
    void read_ahead(std::size_t input, Piece& piece);
    void compute();
    bool feed(std::size_t input);
    void release_pieces(Running& running);
    void finish();

    const Limits limits_;
    storage::IoQueue& io_;
    ChunkWriter writer_;
    storage::Reader reader_;              // tags are indexes of pieces_
    std::deque<ScheduledMerge> waiting_;  // in the order of their choice
    // The last one goes on. Below it are those that were set aside: each is longer and due later.
    std::vector<std::unique_ptr<Running>> running_;
    std::vector<Piece> pieces_;  // by the place in running_, then by input
    std::vector<Finished> finished_;
    std::uint64_t pairs_merged_ = 0;
    std::uint64_t due_last_ = UINT64_MAX;
    std::optional<storage::PageFault> fault_;
};

// Chunks written ahead belong to the flush or, with this bit, to a merge.
inline constexpr std::uint32_t merge_tag_bit = 1U << 31;

// How many cuts a merge of runs of this tier may take: as long as it takes until the tier has that
// many new runs again, at most. Inputs grow by merge_width from tier to tier, and so does the time.
// The indexes, whose merges are chosen together, are due one after the other: where the other core
// does not keep up, many cuts wait a little instead of one for all of them.
std::uint64_t merge_delay(const Limits& limits, IndexId index, std::uint32_t tier);

// The results that are due take the places of their inputs; in the order of catalog.merges, which
// forgets them.
void replace_merged(Catalog& catalog, std::span<const RunRef> results);

}  // namespace elytra::engine
