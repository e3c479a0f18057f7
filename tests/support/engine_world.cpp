#include "tests/support/engine_world.hpp"

#include <algorithm>

#include "server/common/assert.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::test {

using storage::CheckpointStore;
using storage::IoOwner;

EngineWorld::EngineWorld(const Limits& world_limits, std::uint64_t seed)
    : limits(world_limits), prng(seed), disk(seed) {
    build();
    page_store->open({}, {});
    settle();
    restore->start();
    ELYTRA_ASSERT(restore_status() == engine::RestoreStatus::done);
}

void EngineWorld::build() {
    fetch.reset();
    flush.reset();
    restore.reset();
    merges.reset();
    page_store = std::make_unique<CheckpointStore>(limits, begin, 1U << 30, io);
    store = std::make_unique<engine::LedgerStore>(limits);
    merges = std::make_unique<engine::Merges>(limits, *page_store, io);
    flush = std::make_unique<engine::Flush>(
        limits, engine::Flush::Parts{
                    .store = *store, .merges = *merges, .page_store = *page_store, .io = io});
    restore = std::make_unique<engine::Restore>(limits, *store, *page_store, io);
    cache = std::make_unique<storage::PageCache>(
        storage::PageCache::Options{.page_size = limits.page_size,
                                    .capacity = limits.page_cache_size,
                                    .reads_max = limits.page_reads_max},
        io);
    fetch = std::make_unique<engine::Fetch>(*store, *cache);
}

bool EngineWorld::step() {
    std::ranges::copy(io.computes(), std::back_inserter(computes_));
    disk.submit(io.effects());
    io.clear();
    computes_max = std::max(computes_max, computes_.size());
    if (disk.in_flight() + computes_.size() == 0) return false;
    if (prng.below(disk.in_flight() + computes_.size()) < computes_.size()) {
        compute();
    } else {
        const MemoryDisk::Completion done = disk.complete(prng.below(disk.in_flight()));
        complete(done.token, done.status);
    }
    return true;
}

void EngineWorld::steps(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!step()) return;
    }
}

// In the order in which they were asked for.
void EngineWorld::compute() {
    const storage::Compute compute = computes_.front();
    computes_.erase(computes_.begin());
    compute.job->run();
    complete(compute.token, storage::IoStatus::ok);
}

void EngineWorld::complete(storage::IoToken token, storage::IoStatus status) {
    switch (token.owner) {
        case IoOwner::page_store:
            page_store->on_io_done(token, status);
            return page_store_progress();
        case IoOwner::page_cache:
            return cache->on_io_done(token);
        case IoOwner::flush:
            flush->on_computed(token);
            return page_store_progress();
        case IoOwner::merge_job:
            merges->on_computed(token);
            return page_store_progress();
        case IoOwner::merge_read:
            merges->on_read(token);
            return page_store_progress();
        case IoOwner::state_restore:
            return restore->on_read(token);
        default:
            ELYTRA_ASSERT(false);
    }
}

void EngineWorld::page_store_progress() {
    while (const auto written = page_store->next_written()) {
        if ((written->tag & engine::merge_tag_bit) != 0) {
            merges->on_written(*written);
        } else {
            flush->on_written(*written);
        }
    }
    flush->advance();
    merges->advance();
    flush->advance();
}

void EngineWorld::begin_cut() {
    store->cut();
    merges->choose(store->catalog(), store->catalog().cut + 1);
    flush->begin();
    page_store_progress();
}

void EngineWorld::finish_checkpoint() {
    while (!flush->done()) {
        const bool stepped = step();
        ELYTRA_ASSERT(stepped || merges->fault().has_value());
        if (!stepped) return;
    }
    page_store->begin(Op{++op}, flush->segments());
    while (!page_store->written()) {
        const bool stepped = step();
        ELYTRA_ASSERT(stepped);
    }
    previous = newest;
    newest = page_store->root();
    page_store->commit();
}

void EngineWorld::restart() {
    computes_.clear();
    io.clear();
    disk.crash(std::vector(disk.writes_at_risk(), WriteFate::dropped));
    build();
    page_store->open(newest, previous);
    settle();
    ELYTRA_ASSERT(page_store->is_open());
    if (before_restore) before_restore();
    restore->start();
    while (restore_status() == engine::RestoreStatus::reading && step()) continue;
    if (restore_status() == engine::RestoreStatus::done) merges->restore(store->catalog());
}

u128 EngineWorld::logical_checksum() const {
    std::vector<u128> numbers;
    for (const storage::Segment& segment : flush->segments()) {
        numbers.push_back(segment.id);
        for (const storage::SegmentChunk& chunk : segment.chunks) {
            numbers.push_back(chunk.ref.size);
            numbers.push_back(chunk.bytes.empty() ? chunk.ref.checksum
                                                  : wire::checksum(chunk.bytes));
        }
    }
    return wire::checksum(std::as_bytes(std::span(numbers)));
}

}  // namespace elytra::test
