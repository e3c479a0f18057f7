#include "server/engine/merge_job.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/chunks.hpp"
#include "server/forest/filter.hpp"
#include "server/forest/pair_page.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::engine {

using forest::BuiltChunk;

namespace {

std::vector<std::uint32_t> page_counts(std::span<const RunRef> inputs) {
    std::vector<std::uint32_t> counts;
    for (const RunRef& input : inputs) counts.push_back(input->pages.page_count());
    return counts;
}

// What can be said of the result before anything is merged.
std::unique_ptr<Run> describe_result(const ScheduledMerge& merge, std::uint32_t page_size) {
    auto run = std::make_unique<Run>(page_size);
    run->segment = merge.segment;
    run->index = merge.index;
    run->tier = merge.result_tier();
    run->row_first = merge.inputs.front()->row_first;
    run->row_end = merge.inputs.back()->row_end;
    run->pair_count = merge.pair_count();
    run->id_min = merge.inputs.front()->id_min;
    for (const RunRef& input : merge.inputs) {
        run->id_min = std::min(run->id_min, input->id_min);
        run->id_max = std::max(run->id_max, input->id_max);
    }
    return run;
}

}  // namespace

MergeJob::MergeJob(const ScheduledMerge& merge, const Limits& limits)
    : page_size_(limits.page_size),
      chunk_size_(limits.chunk_size),
      inputs_(merge.inputs),
      fed_(merge.inputs.size()),
      merger_(page_counts(merge.inputs), limits.page_size),
      writer_({.segment = merge.segment,
               .page_size = limits.page_size,
               .chunk_size = limits.chunk_size}),
      result_(describe_result(merge, limits.page_size)) {}

void MergeJob::add(std::size_t input, std::span<const std::byte> pages) {
    added_.push_back({.input = input, .pages = pages});
}

void MergeJob::add_memory(std::vector<SectorBuffer> memory) {
    std::ranges::move(memory, std::back_inserter(memory_));
}

std::uint32_t MergeJob::consumed(std::size_t input) const {
    return merger_.consumed(static_cast<std::uint32_t>(input));
}

MergeJob::Made MergeJob::take() { return std::exchange(made_, {}); }

void MergeJob::run() {
    ELYTRA_ASSERT(!done());
    ELYTRA_ASSERT(!fault_.has_value());
    if (merged_) return make_tail();
    make_filter();
    for (const Added& added : added_) {
        if (!feed(added)) return;
    }
    added_.clear();
    merge();
}

// Here, because its memory takes a while to be touched.
void MergeJob::make_filter() {
    if (!has_filter(result_->index) || !result_->filter.bytes().empty()) return;
    result_->filter = forest::Filter(result_->pair_count);
}

// False: a page is damaged.
bool MergeJob::feed(const Added& added) {
    const Run& run = *inputs_[added.input];
    std::uint32_t& number = fed_[added.input];
    for (std::size_t at = 0; at < added.pages.size(); at += page_size_) {
        const u128 expected = run.fences[number].checksum;
        if (wire::checksum(added.pages.subspan(at, page_size_)) != expected) {
            fault_ = {.id = {.segment = run.segment, .number = number},
                      .offset = run.pages.offset(number),
                      .size = page_size_};
            return false;
        }
        ++number;
    }
    const auto fed =
        merger_.feed(static_cast<std::uint32_t>(added.input), run.segment, added.pages);
    // Behind a right checksum it is our own code that made the page wrong.
    ELYTRA_ASSERT(fed.has_value());
    return true;
}

void MergeJob::merge() {
    writer_.add_memory(std::exchange(memory_, {}));
    const auto advanced = merger_.advance(writer_, pairs_per_run);
    ELYTRA_ASSERT(advanced.has_value());
    merged_ = merger_.done();
    if (merged_) writer_.finish();
    memory_ = writer_.take_memory();
    take_page_chunks();
    if (!merged_) return;
    ELYTRA_ASSERT(writer_.pair_count() == result_->pair_count);
    result_->fences = writer_.fences();
    tail_size_ = tail_size(*result_);
}

void MergeJob::take_page_chunks() {
    while (writer_.has_chunk()) {
        made_.pages.push_back(writer_.take_chunk());
        const BuiltChunk& chunk = made_.pages.back();
        const bool has_filter = !result_->filter.bytes().empty();
        if (has_filter) add_to_filter(chunk.buffer.bytes().first(chunk.size));
    }
}

void MergeJob::add_to_filter(std::span<const std::byte> pages) {
    for (; !pages.empty(); pages = pages.subspan(page_size_)) {
        const auto page = forest::PairPage::open(
            {.segment = result_->segment, .number = pages_made_++}, pages.first(page_size_));
        ELYTRA_ASSERT(page.has_value());
        pairs_.resize(page->size());
        page->copy(0, pairs_);
        for (const forest::Pair& pair : pairs_) result_->filter.insert(filter_hash(pair.key));
    }
}

void MergeJob::make_tail() {
    SectorBuffer memory = take_memory(memory_, chunk_size_);
    made_.tail.push_back(tail_chunk(*result_, tail_made_, std::move(memory)));
    tail_made_ += made_.tail.back().size;
}

}  // namespace elytra::engine
