#include "tests/support/memory_disk.hpp"

#include <algorithm>
#include <cstring>
#include <variant>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/common/limits.hpp"

namespace elytra::test {

using storage::Durability;
using storage::Extend;
using storage::Flush;
using storage::IoEffect;
using storage::IoStatus;
using storage::Read;
using storage::Write;

namespace {

constexpr std::byte never_written{0xdb};

bool overlap(const Write& left, const Write& right) {
    return left.offset < right.offset + right.bytes.size() &&
           right.offset < left.offset + left.bytes.size();
}

void check_aligned(std::uint64_t offset, const void* bytes, std::size_t size) {
    ELYTRA_ASSERT(size > 0);
    ELYTRA_ASSERT(offset % sector_size == 0);
    ELYTRA_ASSERT(size % sector_size == 0);
    ELYTRA_ASSERT(reinterpret_cast<std::uintptr_t>(bytes) % sector_size == 0);
}

void copy_to(std::vector<std::byte>& image, std::uint64_t offset,
             std::span<const std::byte> bytes) {
    std::ranges::copy(bytes, image.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

MemoryDisk::MemoryDisk(std::uint64_t seed, std::uint64_t size_max)
    : prng_(seed), size_max_(size_max) {}

void MemoryDisk::submit(storage::IoQueue& io) {
    ELYTRA_ASSERT(io.computes().empty());
    ELYTRA_ASSERT(io.computes().empty());  // a disk does not compute
    submit(io.effects());
    io.clear();
}

void MemoryDisk::submit(std::span<const IoEffect> effects) {
    for (const IoEffect& effect : effects) {
        check(effect);
        InFlight entry{.effect = effect, .bytes = {}, .writes_before = writes_completed_};
        if (const Write* write = std::get_if<Write>(&effect)) {
            entry.bytes.assign(write->bytes.begin(), write->bytes.end());
        }
        in_flight_.push_back(std::move(entry));
    }
}

void MemoryDisk::check(const IoEffect& effect) const {
    if (const Read* read = std::get_if<Read>(&effect)) {
        check_aligned(read->offset, read->bytes.data(), read->bytes.size());
    }
    const Write* write = std::get_if<Write>(&effect);
    if (write == nullptr) return;
    check_aligned(write->offset, write->bytes.data(), write->bytes.size());
    for (const InFlight& other : in_flight_) {
        const Write* other_write = std::get_if<Write>(&other.effect);
        ELYTRA_ASSERT(other_write == nullptr || !overlap(*write, *other_write));
    }
}

MemoryDisk::Completion MemoryDisk::complete(std::size_t index) {
    ELYTRA_ASSERT(index < in_flight_.size());
    InFlight entry = std::move(in_flight_[index]);
    in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(index));
    if (const Write* write = std::get_if<Write>(&entry.effect)) {
        return {write->token, execute(*write, std::move(entry.bytes))};
    }
    if (const Read* read = std::get_if<Read>(&entry.effect)) {
        return {read->token, execute(*read)};
    }
    if (const Extend* extend = std::get_if<Extend>(&entry.effect)) {
        return {extend->token, execute(*extend)};
    }
    flush(entry.writes_before);
    return {std::get<Flush>(entry.effect).token, IoStatus::ok};
}

IoStatus MemoryDisk::execute(const Write& write, std::vector<std::byte> bytes) {
    // The owner must leave the buffer alone until now.
    ELYTRA_ASSERT(std::memcmp(bytes.data(), write.bytes.data(), bytes.size()) == 0);
    if (!grow(write.offset + bytes.size())) return IoStatus::no_space;
    bytes_written_ += bytes.size();
    if (lose(write.offset)) return IoStatus::ok;
    copy_to(visible_, write.offset, bytes);
    for (std::uint64_t place = 0; place < bytes.size(); place += sector_size) {
        failed_sectors_.erase(write.offset + place);
    }
    ++writes_completed_;
    if (write.durability == Durability::durable) {
        make_durable(write.offset, bytes);
    } else {
        cache_.push_back({write.offset, std::move(bytes), writes_completed_});
    }
    return IoStatus::ok;
}

// An older write that still lingers in the cache must not come back over the newer bytes.
void MemoryDisk::make_durable(std::uint64_t offset, std::span<const std::byte> bytes) {
    copy_to(media_, offset, bytes);
    for (VolatileWrite& older : cache_) {
        const std::uint64_t from = std::max(offset, older.offset);
        const std::uint64_t to = std::min(offset + bytes.size(), older.offset + older.bytes.size());
        if (from >= to) continue;
        copy_to(older.bytes, from - older.offset, bytes.subspan(from - offset, to - from));
    }
}

IoStatus MemoryDisk::execute(const Read& read) {
    std::ranges::fill(read.bytes, std::byte{0});
    if (read.offset >= visible_.size()) return IoStatus::ok;
    const std::size_t size =
        std::min<std::uint64_t>(read.bytes.size(), visible_.size() - read.offset);
    std::ranges::copy(std::span(visible_).subspan(read.offset, size), read.bytes.begin());
    for (std::uint64_t place = 0; place < size; place += sector_size) {
        if (!failed_sectors_.contains(read.offset + place)) continue;
        std::ranges::fill(read.bytes.subspan(place, sector_size), std::byte{0});
    }
    return IoStatus::ok;
}

IoStatus MemoryDisk::execute(const Extend& extend) {
    return grow(extend.size) ? IoStatus::ok : IoStatus::no_space;
}

// Writes that completed after the flush had been asked for may stay in the cache.
void MemoryDisk::flush(std::uint64_t writes_before) {
    const auto covered = [=](const VolatileWrite& write) { return write.number <= writes_before; };
    for (const VolatileWrite& write : cache_) {
        if (covered(write)) copy_to(media_, write.offset, write.bytes);
    }
    std::erase_if(cache_, covered);
}

bool MemoryDisk::lose(std::uint64_t offset) {
    const auto range = std::ranges::find_if(to_lose_, [offset](const auto& candidate) {
        return offset >= candidate.first && offset < candidate.second;
    });
    if (range == to_lose_.end()) return false;
    to_lose_.erase(range);
    return true;
}

bool MemoryDisk::grow(std::uint64_t size) {
    if (size > size_max_) return false;
    if (size > visible_.size()) {
        visible_.resize(size, never_written);
        media_.resize(size, never_written);
    }
    return true;
}

std::vector<std::size_t> MemoryDisk::atoms_at_risk() const {
    std::vector<std::size_t> atoms;
    for (const VolatileWrite& write : cache_) atoms.push_back(write.bytes.size() / atom_size);
    for (const InFlight& entry : in_flight_) {
        if (!std::holds_alternative<Write>(entry.effect)) continue;
        atoms.push_back(entry.bytes.size() / atom_size);
    }
    return atoms;
}

void MemoryDisk::move_in_flight_to_cache() {
    for (InFlight& entry : in_flight_) {
        const Write* write = std::get_if<Write>(&entry.effect);
        if (write == nullptr) continue;
        ELYTRA_ASSERT(grow(write->offset + entry.bytes.size()));
        cache_.push_back({write->offset, std::move(entry.bytes)});
    }
    in_flight_.clear();
}

void MemoryDisk::end_crash() {
    cache_.clear();
    visible_ = media_;
}

void MemoryDisk::crash(std::span<const WriteFate> fates) {
    ELYTRA_ASSERT(fates.size() == writes_at_risk());
    move_in_flight_to_cache();
    for (std::size_t i = 0; i < cache_.size(); ++i) meet_fate(cache_[i], fates[i]);
    end_crash();
}

void MemoryDisk::crash_after(std::span<const std::size_t> atoms_kept) {
    ELYTRA_ASSERT(atoms_kept.size() == writes_at_risk());
    move_in_flight_to_cache();
    for (std::size_t i = 0; i < cache_.size(); ++i) {
        const std::span<const std::byte> bytes = cache_[i].bytes;
        copy_to(media_, cache_[i].offset, bytes.first(atoms_kept[i] * atom_size));
    }
    end_crash();
}

void MemoryDisk::crash() {
    std::vector<WriteFate> fates(writes_at_risk());
    for (WriteFate& fate : fates) fate = static_cast<WriteFate>(prng_.below(3));
    crash(fates);
}

void MemoryDisk::meet_fate(const VolatileWrite& write, WriteFate fate) {
    if (fate == WriteFate::dropped) return;
    if (fate == WriteFate::kept) {
        copy_to(media_, write.offset, write.bytes);
        return;
    }
    for (std::size_t atom = 0; atom < write.bytes.size(); atom += atom_size) {
        if (prng_.chance(1, 2)) continue;
        copy_to(media_, write.offset + atom, std::span(write.bytes).subspan(atom, atom_size));
    }
}

void MemoryDisk::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
    ELYTRA_ASSERT(offset + bytes.size() <= visible_.size());
    copy_to(visible_, offset, bytes);
    make_durable(offset, bytes);
}

void MemoryDisk::flip_bit(std::uint64_t offset, unsigned bit) {
    const std::byte flipped = visible_.at(offset) ^ static_cast<std::byte>(1U << bit);
    overwrite(offset, {&flipped, 1});
}

void MemoryDisk::wreck(std::uint64_t offset, std::uint64_t size) {
    std::vector<std::byte> noise(size);
    for (std::byte& value : noise) value = static_cast<std::byte>(prng_.below(256));
    overwrite(offset, noise);
}

void MemoryDisk::fail_sector(std::uint64_t offset) {
    ELYTRA_ASSERT(offset % sector_size == 0);
    failed_sectors_.insert(offset);
}

}  // namespace elytra::test
