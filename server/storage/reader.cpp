#include "server/storage/reader.hpp"

#include <algorithm>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/limits.hpp"

namespace elytra::storage {

Reader::Reader(IoOwner owner, std::uint32_t reads_max, IoQueue& io)
    : owner_(owner), io_(io), tags_(reads_max), done_(reads_max) {}

void Reader::read(std::uint32_t tag, std::uint64_t offset, std::span<std::byte> into) {
    ELYTRA_ASSERT(can_read());
    ELYTRA_ASSERT(!into.empty());
    ELYTRA_ASSERT(into.size() % sector_size == 0);
    ELYTRA_ASSERT(offset % sector_size == 0);
    const auto slot =
        std::ranges::find_if(tags_, [](const auto& in_flight) { return !in_flight.has_value(); });
    ELYTRA_ASSERT(slot != tags_.end());
    *slot = tag;
    ++pending_;
    const auto id = static_cast<std::uint32_t>(slot - tags_.begin());
    io_.push(Read{.offset = offset, .bytes = into, .token = {.owner = owner_, .id = id}});
}

std::optional<std::uint32_t> Reader::next_done() {
    if (done_.empty()) return std::nullopt;
    --pending_;
    return done_.pop_front();
}

void Reader::on_io_done(IoToken token) {
    ELYTRA_ASSERT(token.owner == owner_);
    ELYTRA_ASSERT(token.id < tags_.size());
    ELYTRA_ASSERT(tags_[token.id].has_value());
    done_.push_back(*std::exchange(tags_[token.id], std::nullopt));
}

}  // namespace elytra::storage
