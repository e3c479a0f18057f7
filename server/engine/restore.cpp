#include "server/engine/restore.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/forest/pair_page.hpp"
#include "server/wire/checksum.hpp"

namespace elytra::engine {

using storage::BlockRef;
using storage::StoreFault;

Restore::Restore(const Limits& limits, LedgerStore& store, storage::CheckpointStore& page_store,
                 storage::IoQueue& io)
    : limits_(limits),
      store_(store),
      page_store_(page_store),
      reader_(storage::IoOwner::state_restore, reads_max, io),
      slots_(reads_max),
      catalog_(limits.page_size) {}

void Restore::start() {
    ELYTRA_ASSERT(status_ == RestoreStatus::idle);
    if (page_store_.op() == Op{0}) return end(RestoreStatus::done);
    const auto chunks = page_store_.find(segments::catalog);
    if (!chunks.has_value() || chunks->empty()) return end(RestoreStatus::inconsistent);
    status_ = RestoreStatus::reading;
    stage_ = Stage::catalog;
    add_chunks({.kind = Item::Kind::catalog, .segment = segments::catalog}, *chunks, 0);
    advance();
}

void Restore::on_read(storage::IoToken token) {
    reader_.on_io_done(token);
    while (const auto slot = reader_.next_done()) slots_[*slot].arrived = true;
    advance();
}

void Restore::advance() {
    while (status_ == RestoreStatus::reading) {
        if (used_ == items_.size()) {
            if (!finish_stage()) end(RestoreStatus::inconsistent);
            continue;
        }
        ask();
        Slot& slot = slots_[used_ % reads_max];
        if (!slot.arrived) return;
        const Item& item = items_[used_++];
        const SectorBuffer buffer = std::exchange(slot, {}).buffer;
        bytes_ahead_ -= buffer.size();
        if (!verify(item, buffer.bytes())) return;
        const bool sensible = use(item, buffer.bytes().first(item.block.size));
        if (!sensible) end(RestoreStatus::inconsistent);
    }
}

void Restore::ask() {
    const std::uint64_t bytes_ahead_max = chunks_ahead_max * limits_.chunk_size;
    while (asked_ < items_.size() && asked_ < used_ + reads_max && reader_.can_read()) {
        const BlockRef& block = items_[asked_].block;
        if (asked_ > used_ && bytes_ahead_ + block.size_on_disk() > bytes_ahead_max) return;
        const auto number = static_cast<std::uint32_t>(asked_ % reads_max);
        Slot& slot = slots_[number];
        slot = {.buffer = SectorBuffer(block.size), .arrived = false};
        bytes_ahead_ += slot.buffer.size();
        ++asked_;
        reader_.read(number, block.offset, slot.buffer.bytes());
    }
}

// Reads that are still on their way keep their memory.
void Restore::end(RestoreStatus status) {
    status_ = status;
    items_ = {};
    assembly_ = {};
    image_ = {};
    runs_.clear();
    catalog_ = Catalog(limits_.page_size);
}

bool Restore::finish_stage() {
    items_.clear();
    asked_ = 0;
    used_ = 0;
    switch (stage_) {
        case Stage::catalog:
            stage_ = Stage::content;
            return plan_content();
        case Stage::content:
            stage_ = Stage::expiries;
            return finish_content();
        case Stage::expiries:
            break;
    }
    end(RestoreStatus::done);
    return true;
}

// False: damaged.
bool Restore::verify(const Item& item, std::span<const std::byte> bytes) {
    if (item.kind == Item::Kind::expiry_pages) return verify_pages(item, bytes);
    if (wire::checksum(bytes) == item.block.checksum) return true;
    fail(item, StoreFault::Part::chunk);
    return false;
}

bool Restore::verify_pages(const Item& item, std::span<const std::byte> bytes) {
    const Run& run = *store_.catalog().runs_of(IndexId::expiry)[item.which];
    Item page = item;
    page.block.size = limits_.page_size;
    for (std::size_t at = 0; at < bytes.size(); at += limits_.page_size) {
        const std::span<const std::byte> page_bytes = bytes.subspan(at, limits_.page_size);
        if (wire::checksum(page_bytes) != run.fences[page.index].checksum) {
            fail(page, StoreFault::Part::page);
            return false;
        }
        ++page.index;
        page.block.offset += limits_.page_size;
    }
    return true;
}

void Restore::fail(const Item& item, StoreFault::Part part) {
    fault_ = StoreFault{.part = part,
                        .reason = StoreFault::Reason::checksum,
                        .offset = item.block.offset,
                        .size = item.block.size,
                        .segment_id = item.segment,
                        .index = item.index};
    end(RestoreStatus::damaged);
}

bool Restore::use(const Item& item, std::span<const std::byte> bytes) {
    if (item.kind == Item::Kind::expiry_pages) return use_expiries(item, bytes);
    if (item.kind == Item::Kind::account_image) return use_image(item, bytes);
    if (item.kind == Item::Kind::statuses) {
        const std::span<std::byte> chunk = store_.statuses().restore_chunk();
        if (chunk.size() != bytes.size()) return false;
        std::ranges::copy(bytes, chunk.begin());
        return true;
    }
    assembly_.insert(assembly_.end(), bytes.begin(), bytes.end());
    if (!item.complete) return true;
    const bool sensible = use_whole(item);
    assembly_.clear();
    return sensible;
}

bool Restore::use_image(const Item& item, std::span<const std::byte> bytes) {
    const auto rows = static_cast<std::uint32_t>(bytes.size() / sizeof(wire::Account));
    const std::span<std::byte> image = store_.accounts().restore_image(item.which, rows);
    ELYTRA_ASSERT(image.size() >= bytes.size());
    std::ranges::copy(bytes, image.begin());
    return true;
}

// What assembly_ holds.
bool Restore::use_whole(const Item& item) {
    switch (item.kind) {
        case Item::Kind::catalog: {
            std::optional<CatalogImage> image = decode_catalog(assembly_, limits_.page_size);
            if (!image.has_value()) return false;
            image_ = std::move(*image);
            return true;
        }
        case Item::Kind::account_changes:
            return use_changes(item.which);
        case Item::Kind::fences: {
            const auto fences = decode_fences(assembly_);
            return fences.has_value() && catalog_.tables[item.which].add_fences(*fences);
        }
        case Item::Kind::run_tail:
            return restore_tail(assembly_, image_.runs[item.which], *runs_[item.which]);
        case Item::Kind::account_image:
        case Item::Kind::statuses:
        case Item::Kind::expiry_pages:
            break;
    }
    ELYTRA_ASSERT(false);
    return false;
}

// An image has the changes of its own cut and of those before.
bool Restore::use_changes(std::uint32_t which) {
    const auto changes = decode_changes(assembly_);
    if (!changes.has_value()) return false;
    AccountTable& accounts = store_.accounts();
    for (const AccountTable::Change& change : *changes) {
        const std::uint32_t chunk = change.account.value / accounts.rows_per_chunk();
        if (chunk >= image_.account_image_cuts.size()) return false;
        if (image_.account_image_cuts[chunk] >= image_.account_changes[which].cut) continue;
        if (!accounts.restore_change(change)) return false;
    }
    return true;
}

bool Restore::use_expiries(const Item& item, std::span<const std::byte> bytes) {
    const std::uint32_t transfer_count = store_.catalog().table(RowTableId::transfers).row_count();
    std::uint32_t number = item.index;
    for (; !bytes.empty(); bytes = bytes.subspan(limits_.page_size)) {
        const auto page = forest::PairPage::open({.segment = item.segment, .number = number++},
                                                 bytes.first(limits_.page_size));
        if (!page.has_value()) return false;
        for (std::uint32_t i = 0; i < page->size(); ++i) {
            const forest::Pair pair = page->at(i);
            if (pair.row >= transfer_count) return false;
            store_.restore_expiry({.expires_at = pair.key, .row = ledger::TransferRow{pair.row}});
        }
    }
    return true;
}

}  // namespace elytra::engine
