#include "server/forest/pair_run.hpp"

#include <utility>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::forest {

PairRunWriter::PairRunWriter(const Options& options) : options_(options), page_(options.page_size) {
    ELYTRA_ASSERT(options.chunk_size > 0 && options.chunk_size % options.page_size == 0);
}

void PairRunWriter::add(std::span<const Pair> pairs) {
    pair_count_ += pairs.size();
    pairs = pairs.subspan(page_.add(pairs));
    while (!pairs.empty()) {
        finish_page();
        pairs = pairs.subspan(page_.add(pairs));
    }
}

void PairRunWriter::finish() {
    if (!page_.empty()) finish_page();
    if (chunk_.size > 0) finish_chunk();
}

BuiltChunk PairRunWriter::take_chunk() {
    ELYTRA_ASSERT(has_chunk());
    BuiltChunk chunk = std::move(built_.front());
    built_.erase(built_.begin());
    return chunk;
}

void PairRunWriter::add_memory(std::vector<SectorBuffer> memory) {
    for (SectorBuffer& buffer : memory) {
        ELYTRA_ASSERT(buffer.size() == options_.chunk_size);
        memory_.push_back(std::move(buffer));
    }
}

void PairRunWriter::start_chunk() {
    if (memory_.empty()) {
        chunk_.buffer = SectorBuffer(options_.chunk_size);
        return;
    }
    chunk_.buffer = std::move(memory_.back());
    memory_.pop_back();
}

void PairRunWriter::finish_page() {
    if (chunk_.size == 0) start_chunk();
    const PageName name{.segment = options_.segment,
                        .number = narrow<std::uint32_t>(fences_.size())};
    const std::span<std::byte> page =
        chunk_.buffer.bytes().subspan(chunk_.size, options_.page_size);
    fences_.push_back(page_.finish(name, page));
    chunk_.size += options_.page_size;
    if (chunk_.size == options_.chunk_size) finish_chunk();
}

void PairRunWriter::finish_chunk() {
    const std::uint32_t size_on_disk = round_up(chunk_.size, sector_size);
    chunk_.checksum = wire::checksum(chunk_.buffer.bytes().first(size_on_disk));
    built_.push_back(std::move(chunk_));
    chunk_ = {};
}

}  // namespace elytra::forest
