#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/catalog.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/io_effect.hpp"
#include "server/storage/page_cache.hpp"
#include "server/storage/reader.hpp"

namespace elytra::engine {

// Merges runs while operations go on. At a cut, for every index and tier that has merge_width runs
// outside of a merge and no merge on its way, the oldest ones are chosen; at the cut merge_delay
// later the result takes their place, in the checkpoint of that cut. Which runs a checkpoint has is
// so a function of the operations alone; how fast the disk and the cores are only decides whether
// that cut has to wait (S14, S15).
//
// One merge runs at a time, the one that is due first. Inputs are read ahead in pieces
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

    // Results of this cut are in the catalog now.
    void forget(std::uint64_t cut);

    void advance();

    void on_computed(storage::IoToken token);
    void on_read(storage::IoToken token);
    void on_written(const storage::ChunkWritten& written);

    // A page of an input that is not what its fence expects: the owner has to stop.
    const std::optional<storage::PageFault>& fault() const { return fault_; }

private:
    // (to be written)
    std::optional<storage::PageFault> fault_;
};

}  // namespace elytra::engine
