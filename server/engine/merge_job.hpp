#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "server/common/job.hpp"
#include "server/common/limits.hpp"
#include "server/engine/catalog.hpp"
#include "server/forest/pair_merge.hpp"
#include "server/forest/pair_run.hpp"
#include "server/storage/page_cache.hpp"

namespace elytra::engine {

// Merges runs into one, each time it runs as far as pages are there, until a chunk is full or for
// some milliseconds, because others wait for their turn on its core: first the pages of the result,
// then its tail.
class MergeJob final : public Job {
public:
    MergeJob(const ScheduledMerge& merge, const Limits& limits);

    // The next pages of an input, as they were read. They stay until consumed() has passed them.
    void add(std::size_t input, std::span<const std::byte> pages);

    // Memory for chunks to come, and for how many more it would be of use. Requires: not running.
    void add_memory(std::vector<SectorBuffer> memory);

    std::size_t memory_wanted() const { return memory_max - std::min(memory_max, memory_.size()); }

    // Requires: not done(), and the chunks of the last time were taken.
    void run() override;

    struct Made {
        std::vector<forest::BuiltChunk> pages;
        std::vector<forest::BuiltChunk> tail;
    };

    Made take();

    // The result has all its pages: nothing of the inputs is needed any more.
    bool merged() const { return merged_; }

    // All chunks were made.
    bool done() const { return merged_ && tail_made_ == tail_size_; }

    // The first pages of an input that the job does not need any more.
    std::uint32_t consumed(std::size_t input) const;

    // A page that is not what its fence expects. Nothing more is merged.
    const std::optional<storage::PageFault>& fault() const { return fault_; }

    // Without references of chunks. Requires: done(), once.
    std::unique_ptr<Run> take_result() { return std::move(result_); }

private:
    static constexpr std::size_t memory_max = 2;

    // Where all keys are equal, a page has so many pairs that a chunk would hardly ever be full.
    static constexpr std::uint64_t pairs_per_run = 1U << 19;

    // Pages that were added and are not verified yet.
    struct Added {
        std::size_t input = 0;
        std::span<const std::byte> pages;
    };

    void make_filter();
    bool feed(const Added& added);
    void merge();
    void take_page_chunks();
    void add_to_filter(std::span<const std::byte> pages);
    void make_tail();

    const std::uint32_t page_size_;
    const std::uint32_t chunk_size_;
    std::vector<RunRef> inputs_;
    std::vector<std::uint32_t> fed_;  // pages, by input
    std::vector<Added> added_;
    forest::PairMerger merger_;
    forest::PairRunWriter writer_;
    std::unique_ptr<Run> result_;
    std::uint32_t pages_made_ = 0;
    bool merged_ = false;
    std::uint64_t tail_size_ = 0;
    std::uint64_t tail_made_ = 0;
    std::vector<forest::Pair> pairs_;  // of one page
    std::vector<SectorBuffer> memory_;
    Made made_;
    std::optional<storage::PageFault> fault_;
};

}  // namespace elytra::engine
