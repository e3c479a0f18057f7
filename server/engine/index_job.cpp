#include "server/engine/index_job.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/engine/chunks.hpp"
#include "server/forest/filter.hpp"
#include "server/ledger/transfer_checks.hpp"
#include "server/wire/objects.hpp"

namespace elytra::engine {

using forest::Pair;
using wire::Transfer;

namespace {

std::uint64_t hashed_key(u128 value) { return forest::key_of(forest::hash_of(value)); }

// `key_of` tells the key of a transfer.
template <class KeyOf>
void extract_all(const Generation& generation, std::vector<Pair>& pairs, const KeyOf& key_of) {
    const std::span<const Transfer> transfers = generation.transfers();
    const std::uint32_t begin = generation.begin().transfers;
    pairs.resize(transfers.size());
    for (std::uint32_t i = 0; i < pairs.size(); ++i) {
        pairs[i] = {.key = key_of(transfers[i]), .row = begin + i};
    }
}

// Of the transfers for which `is_in` holds.
template <class IsIn, class KeyOf>
void extract_some(const Generation& generation, std::vector<Pair>& pairs, const IsIn& is_in,
                  const KeyOf& key_of) {
    std::uint32_t row = generation.begin().transfers;
    for (const Transfer& transfer : generation.transfers()) {
        if (is_in(transfer)) pairs.push_back({.key = key_of(transfer), .row = row});
        ++row;
    }
}

void extract_parties(const Generation& generation, Side side, std::vector<Pair>& pairs) {
    std::uint32_t row = generation.begin().transfers;
    pairs.reserve(generation.parties().size());
    for (const ledger::Parties& parties : generation.parties()) {
        const ledger::AccountRow account = side == Side::debit ? parties.debit : parties.credit;
        pairs.push_back({.key = account.value, .row = row++});
    }
}

// The range is found on the way, because the rows do not fit into a cache.
IdRange extract_ids(const Generation& generation, std::vector<Pair>& pairs) {
    IdRange range;
    extract_all(generation, pairs, [&](const Transfer& transfer) {
        range.include(transfer.id);
        return hashed_key(transfer.id);
    });
    return range;
}

IdRange extract_failed_ids(const Generation& generation, std::vector<Pair>& pairs) {
    IdRange range;
    std::uint32_t row = generation.begin().failed_ids;
    for (const u128 id : generation.failed_ids()) {
        range.include(id);
        pairs.push_back({.key = hashed_key(id), .row = row++});
    }
    return range;
}

bool can_expire(const Transfer& transfer) {
    return (transfer.flags & wire::transfer_flags::pending) != 0 && transfer.timeout != 0;
}

}  // namespace

IdRange extract_pairs(const Generation& generation, IndexId index, std::vector<Pair>& pairs) {
    pairs.clear();
    switch (index) {
        case IndexId::id:
            return extract_ids(generation, pairs);
        case IndexId::failed_id:
            return extract_failed_ids(generation, pairs);
        case IndexId::debit:
            extract_parties(generation, Side::debit, pairs);
            break;
        case IndexId::credit:
            extract_parties(generation, Side::credit, pairs);
            break;
        case IndexId::user_data_128:
            extract_some(
                generation, pairs,
                [](const Transfer& transfer) { return transfer.user_data_128 != 0; },
                [](const Transfer& transfer) { return hashed_key(transfer.user_data_128); });
            break;
        case IndexId::user_data_64:
            extract_some(
                generation, pairs,
                [](const Transfer& transfer) { return transfer.user_data_64 != 0; },
                [](const Transfer& transfer) { return hashed_key(transfer.user_data_64); });
            break;
        case IndexId::user_data_32:
            extract_some(
                generation, pairs,
                [](const Transfer& transfer) { return transfer.user_data_32 != 0; },
                [](const Transfer& transfer) { return std::uint64_t{transfer.user_data_32}; });
            break;
        case IndexId::ledger:
            extract_all(generation, pairs,
                        [](const Transfer& transfer) { return std::uint64_t{transfer.ledger}; });
            break;
        case IndexId::code:
            extract_all(generation, pairs,
                        [](const Transfer& transfer) { return std::uint64_t{transfer.code}; });
            break;
        case IndexId::expiry:
            extract_some(generation, pairs, can_expire, ledger::expires_at);
            break;
    }
    return {};
}

IndexJob::IndexJob(const Limits& limits)
    : page_size_(limits.page_size), chunk_size_(limits.chunk_size) {}

void IndexJob::begin(const Generation& generation, IndexId index, std::uint32_t segment) {
    generation_ = &generation;
    index_ = index;
    segment_ = segment;
    made_ = {};
}

void IndexJob::run() {
    const IdRange ids = extract_pairs(*generation_, index_, pairs_);
    if (pairs_.empty()) return;
    forest::sort_by_key(pairs_, scratch_);
    made_.run = std::make_unique<Run>(page_size_);
    describe(*made_.run, ids);
    write(*made_.run);
    write_tail(*made_.run);
}

void IndexJob::add_memory(std::vector<SectorBuffer> memory) {
    std::ranges::move(memory, std::back_inserter(memory_));
}

void IndexJob::describe(Run& run, const IdRange& ids) const {
    run.segment = segment_;
    run.index = index_;
    run.pair_count = pairs_.size();
    const bool of_failed = index_ == IndexId::failed_id;
    const Generation::Start& begin = generation_->begin();
    const Generation::Start end = generation_->end();
    run.row_first = of_failed ? begin.failed_ids : begin.transfers;
    run.row_end = of_failed ? end.failed_ids : end.transfers;
    if (!has_filter(index_)) return;
    run.id_min = ids.min;
    run.id_max = ids.max;
}

void IndexJob::write(Run& run) {
    forest::PairRunWriter writer(
        {.segment = segment_, .page_size = page_size_, .chunk_size = chunk_size_});
    writer.add_memory(std::exchange(memory_, {}));
    for (const Pair& pair : pairs_) writer.add(pair);
    writer.finish();
    while (writer.has_chunk()) made_.pages.push_back(writer.take_chunk());
    memory_ = writer.take_memory();
    run.fences = writer.fences();
    if (!has_filter(index_)) return;
    run.filter = forest::Filter(pairs_.size());
    for (const Pair& pair : pairs_) run.filter.insert(filter_hash(pair.key));
}

void IndexJob::write_tail(const Run& run) {
    const std::uint64_t size = tail_size(run);
    for (std::uint64_t offset = 0; offset < size; offset += chunk_size_) {
        made_.tail.push_back(tail_chunk(run, offset, take_memory(memory_, chunk_size_)));
    }
}

IndexJob::Made IndexJob::take() { return std::exchange(made_, {}); }

}  // namespace elytra::engine
