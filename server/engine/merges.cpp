#include "server/engine/merges.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"

namespace elytra::engine {

using forest::BuiltChunk;

Merges::Merges(const Limits& limits, storage::CheckpointStore& page_store, storage::IoQueue& io)
    : limits_(limits),
      io_(io),
      writer_(limits, merge_tag_bit, page_store),
      reader_(storage::IoOwner::merge_read,
              limits.merge_width * pieces_per_input * static_cast<std::uint32_t>(running_max), io),
      pieces_(std::size_t{limits.merge_width} * pieces_per_input * running_max) {
    ELYTRA_ASSERT(limits.merge_width >= 2);
    // Otherwise a tier would get more runs than its merges take away.
    ELYTRA_ASSERT(limits.merge_delay >= 1 && limits.merge_delay <= limits.merge_width);
    ELYTRA_ASSERT(limits.page_size <= piece_size);
}

std::uint64_t merge_delay(const Limits& limits, IndexId index, std::uint32_t tier) {
    std::uint64_t cuts = limits.merge_delay;
    for (; tier > 0; --tier) cuts *= limits.merge_width;
    const std::uint64_t share = static_cast<std::uint64_t>(index) + 1;
    return (cuts * share + index_count - 1) / index_count;
}

namespace {

// The oldest runs of each tier that are to be merged. Tiers descend from older runs to younger
// ones, so those of a tier lie behind each other, and the inputs of a merge before the others.
std::vector<ScheduledMerge> choose_in(const Catalog& catalog, IndexId index, std::uint64_t cut,
                                      std::uint32_t width) {
    std::vector<ScheduledMerge> chosen;
    const std::span<const RunRef> runs = catalog.runs_of(index);
    for (std::size_t first = 0; first < runs.size();) {
        const std::uint8_t tier = runs[first]->tier;
        const auto others = std::ranges::find_if(
            runs.subspan(first), [&](const RunRef& run) { return run->tier != tier; });
        const auto end = static_cast<std::size_t>(others - runs.begin());
        bool busy = false;
        for (const ScheduledMerge& merge : catalog.merges) {
            if (merge.index != index || merge.tier != tier) continue;
            if (merge.due == cut) first += merge.inputs.size();
            if (merge.due > cut) busy = true;
        }
        if (!busy && end - first >= width) {
            const std::span<const RunRef> inputs = runs.subspan(first, width);
            chosen.push_back({.index = index,
                              .tier = tier,
                              .inputs = std::vector<RunRef>(inputs.begin(), inputs.end())});
        }
        first = end;
    }
    return chosen;
}

}  // namespace

void Merges::choose(Catalog& catalog, std::uint64_t cut) {
    ELYTRA_ASSERT(cut == catalog.cut + 1);
    for (std::size_t i = 0; i < index_count; ++i) {
        for (ScheduledMerge& merge :
             choose_in(catalog, static_cast<IndexId>(i), cut, limits_.merge_width)) {
            merge.segment = catalog.segment_next++;
            merge.due = cut + merge_delay(limits_, merge.index, merge.tier);
            waiting_.push_back(merge);
            catalog.merges.push_back(std::move(merge));
        }
    }
}

void Merges::restore(const Catalog& catalog) {
    ELYTRA_ASSERT(waiting_.empty() && running_.empty() && finished_.empty());
    waiting_.assign(catalog.merges.begin(), catalog.merges.end());
    advance();
}

std::optional<std::vector<RunRef>> Merges::due(const Catalog& catalog, std::uint64_t cut) const {
    std::vector<RunRef> results;
    for (const ScheduledMerge& merge : catalog.merges) {
        ELYTRA_ASSERT(merge.due >= cut);
        if (merge.due > cut) continue;
        const auto found =
            std::ranges::find(finished_, merge.segment,
                              [](const Finished& finished) { return finished.run->segment; });
        if (found == finished_.end()) return std::nullopt;
        results.push_back(found->run);
    }
    return results;
}

Merges::Running::Running(const ScheduledMerge& scheduled, const Limits& limits,
                         std::span<Piece> room)
    : merge(scheduled),
      job(scheduled, limits),
      pairs_left(scheduled.pair_count()),
      pieces(room),
      inputs(scheduled.inputs.size()) {}

std::uint64_t Merges::pairs_left(const ScheduledMerge& merge) const {
    const bool finished = std::ranges::any_of(
        finished_, [&](const Finished& one) { return one.run->segment == merge.segment; });
    if (finished) return 0;
    const auto running = std::ranges::find_if(
        running_, [&](const auto& one) { return one->merge.segment == merge.segment; });
    return running == running_.end() ? merge.pair_count() : (*running)->pairs_left;
}

// They are merged in the order in which they are due, so for each one, all before it and itself
// have the cuts until then.
std::uint64_t Merges::pairs_wanted(const Catalog& catalog, std::uint64_t cut) const {
    struct Debt {
        std::uint64_t due = 0;
        std::uint64_t pairs = 0;
    };

    std::vector<Debt> debts;
    for (const ScheduledMerge& merge : catalog.merges) {
        debts.push_back({.due = merge.due, .pairs = pairs_left(merge)});
    }
    std::ranges::sort(debts, {}, &Debt::due);
    std::uint64_t wanted = 0;
    std::uint64_t sum = 0;
    for (const Debt& debt : debts) {
        sum += debt.pairs;
        const std::uint64_t cuts = debt.due - cut + 1;
        wanted = std::max(wanted, (sum + cuts - 1) / cuts);
    }
    return wanted;
}

void Merges::forget(std::uint64_t cut) {
    std::erase_if(finished_, [&](const Finished& finished) { return finished.due == cut; });
}

void Merges::advance() {
    if (fault_.has_value()) return;
    start_next();
    if (running_.empty()) return;
    read_ahead();
    compute();
    writer_.advance();
    const Running& running = *running_.back();
    if (!running.computing && running.job.done() && writer_.unwritten() == 0) {
        finish();
        advance();
    }
}

void Merges::start_next() {
    const auto first = std::ranges::min_element(waiting_, {}, &ScheduledMerge::due);
    if (first == waiting_.end() || running_.size() == running_max) return;
    if (!running_.empty()) {
        const ScheduledMerge& current = running_.back()->merge;
        if (first->due >= current.due || first->tier >= current.tier) return;
    }
    const std::size_t pieces = pieces_.size() / running_max;
    running_.push_back(std::make_unique<Running>(
        *first, limits_, std::span(pieces_).subspan(running_.size() * pieces, pieces)));
    waiting_.erase(first);
}

void Merges::read_ahead() {
    Running& running = *running_.back();
    for (std::size_t input = 0; input < running.inputs.size(); ++input) {
        for (Piece& piece : pieces_of(running, input)) {
            if (piece.state == Piece::State::free) read_ahead(input, piece);
        }
    }
}

void Merges::read_ahead(std::size_t input, Piece& piece) {
    Running& running = *running_.back();
    const PageMap& pages = running.merge.inputs[input]->pages;
    std::uint32_t& next = running.inputs[input].page_next;
    if (next == pages.page_count()) return;
    if (piece.buffer.size() == 0) piece.buffer = SectorBuffer(piece_size);
    piece.state = Piece::State::reading;
    piece.first_page = next;
    piece.page_count = std::min(pages.consecutive(next), piece_size / limits_.page_size);
    next += piece.page_count;
    reader_.read(static_cast<std::uint32_t>(&piece - pieces_.data()),
                 pages.offset(piece.first_page),
                 piece.buffer.bytes().first(std::size_t{piece.page_count} * limits_.page_size));
}

void Merges::compute() {
    Running& running = *running_.back();
    if (std::ranges::any_of(running_, [](const auto& one) { return one->computing; })) return;
    if (running.job.done() || running.merge.due > due_last_) return;
    if (writer_.unwritten() >= unwritten_max) return;
    if (!running.job.merged()) {
        bool complete = true;
        for (std::size_t input = 0; input < running.inputs.size(); ++input) {
            complete = feed(input) && complete;
        }
        if (!complete) return;
    }
    running.job.add_memory(writer_.take_memory(running.job.memory_wanted()));
    running.computing = true;
    io_.push(storage::Compute{.job = &running.job,
                              .token = {.owner = storage::IoOwner::merge_job,
                                        .id = static_cast<std::uint32_t>(running_.size() - 1)}});
}

// Hands over what was read. False: nothing of the input is left to merge, but more of it is on its
// way.
bool Merges::feed(std::size_t index) {
    Running& running = *running_.back();
    Input& input = running.inputs[index];
    for (bool found = true; found;) {
        found = false;
        for (Piece& piece : pieces_of(running, index)) {
            if (piece.state != Piece::State::read || piece.first_page != input.fed) continue;
            piece.state = Piece::State::merging;
            input.fed += piece.page_count;
            running.job.add(index, piece.buffer.bytes().first(std::size_t{piece.page_count} *
                                                              limits_.page_size));
            found = true;
        }
    }
    const std::uint32_t page_count = running.merge.inputs[index]->pages.page_count();
    return input.fed > running.job.consumed(index) || input.fed == page_count;
}

void Merges::on_computed(storage::IoToken token) {
    ELYTRA_ASSERT(token.owner == storage::IoOwner::merge_job);
    ELYTRA_ASSERT(token.id < running_.size());
    Running& running = *running_[token.id];
    ELYTRA_ASSERT(running.computing);
    running.computing = false;
    if (running.job.fault().has_value()) {
        fault_ = running.job.fault();
        return;
    }
    MergeJob::Made made = running.job.take();
    for (BuiltChunk& chunk : made.pages) writer_.push(std::move(chunk), running.pages);
    for (BuiltChunk& chunk : made.tail) writer_.push(std::move(chunk), running.tail);
    release_pieces(running);
}

void Merges::release_pieces(Running& running) {
    const std::uint64_t page_count = running.merge.page_count();
    std::uint64_t pages_left = page_count;
    for (std::size_t input = 0; input < running.inputs.size(); ++input) {
        const std::uint32_t consumed = running.job.consumed(input);
        pages_left -= consumed;
        for (Piece& piece : pieces_of(running, input)) {
            const bool passed = piece.first_page + piece.page_count <= consumed;
            if (piece.state == Piece::State::merging && passed) piece.state = Piece::State::free;
        }
    }
    // The last part stands for the tail, which is made and written when all pairs are merged.
    const std::uint64_t pairs = running.merge.pair_count();
    const std::uint64_t tail = pairs / 8;
    const std::uint64_t pairs_before = running.pairs_left;
    running.pairs_left = tail + (pairs - tail) * pages_left / page_count;
    pairs_merged_ += pairs_before - running.pairs_left;
}

void Merges::on_read(storage::IoToken token) {
    reader_.on_io_done(token);
    while (const auto tag = reader_.next_done()) {
        ELYTRA_ASSERT(pieces_[*tag].state == Piece::State::reading);
        pieces_[*tag].state = Piece::State::read;
    }
}

void Merges::finish() {
    Running& running = *running_.back();
    const auto is_free = [](const Piece& piece) { return piece.state == Piece::State::free; };
    ELYTRA_ASSERT(std::ranges::all_of(running.pieces, is_free));
    std::unique_ptr<Run> run = running.job.take_result();
    for (const storage::BlockRef& chunk : running.pages) run->pages.add(chunk);
    run->tail = std::move(running.tail);
    ELYTRA_ASSERT(run->pages.page_count() == run->fences.size());
    finished_.push_back({.due = running.merge.due, .run = std::move(run)});
    pairs_merged_ += running.pairs_left;
    running_.pop_back();
}

void replace_merged(Catalog& catalog, std::span<const RunRef> results) {
    std::size_t result = 0;
    for (const ScheduledMerge& merge : catalog.merges) {
        if (merge.due > catalog.cut) continue;
        ELYTRA_ASSERT(results[result]->segment == merge.segment);
        std::vector<RunRef>& runs = catalog.runs[static_cast<std::size_t>(merge.index)];
        const auto first = std::ranges::find(runs, merge.inputs.front());
        ELYTRA_ASSERT(static_cast<std::size_t>(runs.end() - first) >= merge.inputs.size());
        ELYTRA_ASSERT(std::equal(merge.inputs.begin(), merge.inputs.end(), first));
        *first = results[result++];
        runs.erase(first + 1, first + static_cast<std::ptrdiff_t>(merge.inputs.size()));
    }
    ELYTRA_ASSERT(result == results.size());
    std::erase_if(catalog.merges,
                  [&](const ScheduledMerge& merge) { return merge.due == catalog.cut; });
}

}  // namespace elytra::engine
