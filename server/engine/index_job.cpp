#include "server/engine/index_job.hpp"

#include <algorithm>
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

bool has_filter(IndexId index) { return index == IndexId::id || index == IndexId::failed_id; }

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

void extract_failed_ids(const Generation& generation, std::vector<Pair>& pairs) {
    std::uint32_t row = generation.begin().failed_ids;
    for (const u128 id : generation.failed_ids()) {
        pairs.push_back({.key = hashed_key(id), .row = row++});
    }
}

bool can_expire(const Transfer& transfer) {
    return (transfer.flags & wire::transfer_flags::pending) != 0 && transfer.timeout != 0;
}

}  // namespace

void extract_pairs(const Generation& generation, IndexId index, std::vector<Pair>& pairs) {
    pairs.clear();
    switch (index) {
        case IndexId::id:
            return extract_all(generation, pairs,
                               [](const Transfer& transfer) { return hashed_key(transfer.id); });
        case IndexId::failed_id:
            return extract_failed_ids(generation, pairs);
        case IndexId::debit:
            return extract_parties(generation, Side::debit, pairs);
        case IndexId::credit:
            return extract_parties(generation, Side::credit, pairs);
        case IndexId::user_data_128:
            return extract_some(
                generation, pairs,
                [](const Transfer& transfer) { return transfer.user_data_128 != 0; },
                [](const Transfer& transfer) { return hashed_key(transfer.user_data_128); });
        case IndexId::user_data_64:
            return extract_some(
                generation, pairs,
                [](const Transfer& transfer) { return transfer.user_data_64 != 0; },
                [](const Transfer& transfer) { return hashed_key(transfer.user_data_64); });
        case IndexId::user_data_32:
            return extract_some(
                generation, pairs,
                [](const Transfer& transfer) { return transfer.user_data_32 != 0; },
                [](const Transfer& transfer) { return std::uint64_t{transfer.user_data_32}; });
        case IndexId::ledger:
            return extract_all(generation, pairs, [](const Transfer& transfer) {
                return std::uint64_t{transfer.ledger};
            });
        case IndexId::code:
            return extract_all(generation, pairs, [](const Transfer& transfer) {
                return std::uint64_t{transfer.code};
            });
        case IndexId::expiry:
            return extract_some(generation, pairs, can_expire, ledger::expires_at);
    }
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
    extract_pairs(*generation_, index_, pairs_);
    if (pairs_.empty()) return;
    forest::sort_by_key(pairs_, scratch_);
    made_.run = std::make_shared<Run>(page_size_);
    describe(*made_.run);
    write(*made_.run);
    const std::uint64_t size = tail_size(*made_.run);
    for (std::uint64_t offset = 0; offset < size; offset += chunk_size_) {
        made_.tail.push_back(tail_chunk(*made_.run, offset, chunk_size_));
    }
}

void IndexJob::describe(Run& run) const {
    run.segment = segment_;
    run.index = index_;
    run.pair_count = pairs_.size();
    const bool of_failed = index_ == IndexId::failed_id;
    const Generation::Start& begin = generation_->begin();
    const Generation::Start end = generation_->end();
    run.row_first = of_failed ? begin.failed_ids : begin.transfers;
    run.row_end = of_failed ? end.failed_ids : end.transfers;
    if (!has_filter(index_)) return;
    run.id_min = u128_max;
    const auto include = [&](u128 id) {
        run.id_min = std::min(run.id_min, id);
        run.id_max = std::max(run.id_max, id);
    };
    if (of_failed) {
        for (const u128 id : generation_->failed_ids()) include(id);
    } else {
        for (const Transfer& transfer : generation_->transfers()) include(transfer.id);
    }
}

void IndexJob::write(Run& run) {
    forest::PairRunWriter writer(
        {.segment = segment_, .page_size = page_size_, .chunk_size = chunk_size_});
    for (const Pair& pair : pairs_) writer.add(pair);
    writer.finish();
    while (writer.has_chunk()) made_.pages.push_back(writer.take_chunk());
    run.fences = writer.fences();
    if (!has_filter(index_)) return;
    run.filter = forest::Filter(pairs_.size());
    for (const Pair& pair : pairs_) run.filter.insert(filter_hash(pair.key));
}

IndexJob::Made IndexJob::take() { return std::exchange(made_, {}); }

}  // namespace elytra::engine
