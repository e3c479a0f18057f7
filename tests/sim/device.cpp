#include "tests/sim/device.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace elytra::sim {

using storage::Durability;
using storage::Extend;
using storage::Flush;
using storage::IoEffect;
using storage::IoOwner;
using storage::Write;
using test::MemoryDisk;

namespace {

// Of writes that the replica does not wait for.
constexpr std::uint32_t deferred_token_id = UINT32_MAX;
constexpr std::uint32_t deferred_turns = 12;

// About those of the two newest checkpoints.
constexpr std::size_t chunks_remembered = 40;

bool within(std::uint64_t offset, std::uint64_t from, std::uint64_t to) {
    return offset >= from && offset < to;
}

}  // namespace

Device::Device(const Options& options)
    : layout_(storage::layout_of(options.limits)),
      bug_(options.bug),
      starved_(options.starved),
      prng_(Prng(options.seed).split(1)),
      disk_(prng_.next()) {}

bool Device::in_log(std::uint64_t offset) const {
    return within(offset, layout_.log_offset, layout_.log_offset + layout_.log_size);
}

bool Device::in_evidence(std::uint64_t offset) const {
    return within(offset, layout_.evidence_offset, layout_.log_offset);
}

Device::Range Device::range_of(Zone zone) const {
    switch (zone) {
        case Zone::superblock_a:
            return {0, layout_.evidence_offset};
        case Zone::evidence:
            return {layout_.evidence_offset, layout_.log_offset};
        case Zone::log:
            return {layout_.log_offset, layout_.superblock_b_offset};
        case Zone::superblock_b:
            return {layout_.superblock_b_offset, layout_.page_store_offset};
        case Zone::page_store:
            return {layout_.page_store_offset,
                    std::max<std::uint64_t>(disk_.bytes().size(),
                                            layout_.page_store_offset + sector_size)};
    }
    return {};
}

void Device::submit(std::span<const IoEffect> effects) {
    for (const IoEffect& effect : effects) {
        const auto* read = std::get_if<storage::Read>(&effect);
        if (read != nullptr && misdirected_zone_.has_value() &&
            within(read->offset, misdirected_zone_->from, misdirected_zone_->to)) {
            misdirected_zone_.reset();
            misdirected_read_ = *read;
        }
        const auto* write = std::get_if<Write>(&effect);
        const bool faulty =
            write != nullptr && pending_fault_.has_value() &&
            within(write->offset, pending_fault_->range.from, pending_fault_->range.to);
        if (faulty) {
            submit_with_fault(*write);
        } else {
            submit_with_bug(effect);
        }
    }
}

void Device::submit_with_fault(Write write) {
    const MediaFault fault = std::exchange(pending_fault_, std::nullopt)->fault;
    early_.push_back({.token = write.token});
    if (fault == MediaFault::lost_write) return;
    // It is carried out at once, between the others, because it may hit the same place.
    const std::uint64_t places = (disk_.bytes().size() - write.bytes.size()) / sector_size;
    write.offset = prng_.below(places + 1) * sector_size;
    if (hits_write_in_flight(write)) return;
    disk_.submit(std::array{IoEffect{write}});
    disk_.complete(disk_.in_flight() - 1);
}

bool Device::hits_write_in_flight(const Write& write) const {
    for (std::size_t index = 0; index < disk_.in_flight(); ++index) {
        const auto* other = std::get_if<Write>(&disk_.effect_in_flight(index));
        if (other == nullptr) continue;
        if (other->offset < write.offset + write.bytes.size() &&
            write.offset < other->offset + other->bytes.size()) {
            return true;
        }
    }
    return false;
}

void Device::submit_with_bug(IoEffect effect) {
    auto* write = std::get_if<Write>(&effect);
    const Flush* flush = std::get_if<Flush>(&effect);
    if (flush != nullptr && bug_ == PlantedBug::dropped_flush) {
        effect = Extend{.size = 0, .token = Flush(*flush).token};
    } else if (write != nullptr) {
        const IoOwner owner = write->token.owner;
        const bool cached =
            (bug_ == PlantedBug::cached_log_writes && owner == IoOwner::journal) ||
            (bug_ == PlantedBug::cached_superblock_writes && owner == IoOwner::superblock);
        if (cached) write->durability = Durability::volatile_cache;
        const bool early = (bug_ == PlantedBug::early_record && in_log(write->offset)) ||
                           (bug_ == PlantedBug::early_evidence && in_evidence(write->offset));
        if (early) return defer(*write);
        if (bug_ == PlantedBug::lost_page_write && owner == IoOwner::page_store &&
            prng_.chance(1, 8)) {
            effect = Extend{.size = 0, .token = Write(*write).token};
        }
        if (bug_ == PlantedBug::early_reuse && owner == IoOwner::page_store) reuse_early(*write);
    }
    disk_.submit(std::span(&effect, 1));
}

// Besides its own place the chunk gets that of another, as if it had been free.
void Device::reuse_early(const Write& write) {
    const Range place{write.offset, write.offset + write.bytes.size()};
    if (!chunks_.empty() && prng_.chance(1, 16)) {
        Write reused = write;
        reused.offset = chunks_[prng_.below(chunks_.size())].from;
        const bool fits = reused.offset + write.bytes.size() <= disk_.bytes().size();
        const bool elsewhere =
            reused.offset + write.bytes.size() <= place.from || reused.offset >= place.to;
        if (fits && elsewhere && !hits_write_in_flight(reused)) {
            disk_.submit(std::array{IoEffect{reused}});
            disk_.complete(disk_.in_flight() - 1);
        }
    }
    chunks_.push_back(place);
    if (chunks_.size() > chunks_remembered) chunks_.pop_front();
}

void Device::defer(const Write& write) {
    // A newer write to the same place takes the place of an older one.
    std::erase_if(deferred_, [&](const Deferred& other) { return other.offset == write.offset; });
    Deferred deferred{.offset = write.offset,
                      .bytes = SectorBuffer(write.bytes.size()),
                      .turns_left = deferred_turns};
    std::ranges::copy(write.bytes, deferred.bytes.bytes().begin());
    deferred_.push_back(std::move(deferred));
    early_.push_back({.token = write.token});
}

void Device::execute_deferred() {
    for (Deferred& deferred : deferred_) --deferred.turns_left;
    while (!deferred_.empty() && deferred_.front().turns_left == 0) {
        const Deferred due = std::move(deferred_.front());
        deferred_.erase(deferred_.begin());
        disk_.submit(std::array{IoEffect{Write{.offset = due.offset,
                                               .bytes = due.bytes.bytes(),
                                               .durability = Durability::durable,
                                               .token = {IoOwner::journal, deferred_token_id}}}});
        disk_.complete(disk_.in_flight() - 1);
    }
}

std::size_t Device::choose_in_flight() {
    constexpr std::uint32_t draws = 16;
    std::size_t index = 0;
    for (std::uint32_t draw = 0; draw < draws; ++draw) {
        index = prng_.below(disk_.in_flight());
        const auto owner = std::visit([](const auto& effect) { return effect.token.owner; },
                                      disk_.effect_in_flight(index));
        if (owner != starved_) break;
    }
    return index;
}

MemoryDisk::Completion Device::complete_one() {
    execute_deferred();
    if (early_.empty()) {
        const MemoryDisk::Completion done = disk_.complete(choose_in_flight());
        misdirect(done.token);
        return done;
    }
    const MemoryDisk::Completion early = early_.front();
    early_.pop_front();
    return early;
}

void Device::misdirect(storage::IoToken token) {
    if (!misdirected_read_.has_value() || misdirected_read_->token != token) return;
    const std::span<std::byte> into = std::exchange(misdirected_read_, std::nullopt)->bytes;
    const std::span<const std::byte> all = disk_.bytes();
    if (all.size() < into.size()) return;
    const std::uint64_t places = (all.size() - into.size()) / sector_size;
    std::ranges::copy(all.subspan(prng_.below(places + 1) * sector_size, into.size()),
                      into.begin());
}

bool Device::flush_in_flight() const {
    for (std::size_t index = 0; index < disk_.in_flight(); ++index) {
        if (std::holds_alternative<Flush>(disk_.effect_in_flight(index))) return true;
    }
    return false;
}

void Device::crash(Crash kind) {
    std::vector<test::WriteFate> fates(disk_.writes_at_risk(), test::WriteFate::kept);
    if (kind == Crash::blackout) std::ranges::fill(fates, test::WriteFate::dropped);
    if (kind == Crash::power_loss) {
        for (test::WriteFate& fate : fates) fate = static_cast<test::WriteFate>(prng_.below(3));
    }
    disk_.crash(fates);
    early_.clear();
    deferred_.clear();
    pending_fault_.reset();
    misdirected_zone_.reset();
    misdirected_read_.reset();
    roll_back();
}

void Device::roll_back() {
    if (bug_ != PlantedBug::rolled_back_log && bug_ != PlantedBug::rolled_back_file) return;
    const std::span<const std::byte> now = disk_.bytes();
    const std::vector<std::byte> before =
        std::exchange(image_at_last_crash_, {now.begin(), now.end()});
    if (before.empty()) return;
    if (bug_ == PlantedBug::rolled_back_file) return disk_.overwrite(0, before);
    const std::uint64_t size = layout_.superblock_b_offset - layout_.evidence_offset;
    disk_.overwrite(layout_.evidence_offset,
                    std::span(before).subspan(layout_.evidence_offset, size));
}

void Device::damage(MediaFault fault, Zone zone) {
    const Range range = range_of(zone);
    if (fault == MediaFault::lost_write || fault == MediaFault::misdirected_write) {
        pending_fault_ = PendingFault{fault, range};
        return;
    }
    if (fault == MediaFault::misdirected_read) {
        misdirected_zone_ = range;
        return;
    }
    const std::uint64_t to = std::min<std::uint64_t>(range.to, disk_.bytes().size());
    if (to <= range.from) return;
    const std::uint64_t offset = prng_.between(range.from, to - 1);
    const std::uint64_t sector = offset - offset % sector_size;
    switch (fault) {
        case MediaFault::flipped_bit:
            return disk_.flip_bit(offset, static_cast<unsigned>(prng_.below(8)));
        case MediaFault::wrecked_sector:
            return disk_.wreck(sector, sector_size);
        case MediaFault::unreadable_sector:
            return disk_.fail_sector(sector);
        case MediaFault::lost_write:
        case MediaFault::misdirected_write:
        case MediaFault::misdirected_read:
        case MediaFault::failed_flush:
            return;
    }
}

}  // namespace elytra::sim
