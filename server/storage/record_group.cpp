#include "server/storage/record_group.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/common/assert.hpp"

namespace elytra::storage {

namespace {

constexpr std::size_t record_area_size = wire::Message::header_offset;

}  // namespace

RecordGroup::RecordGroup(const Limits& limits)
    : layout_(layout_of(limits)),
      size_max_(limits.log_group_size_max),
      records_max_(limits.pipeline_ops_max),
      small_records_(std::size_t{records_max_} * sector_size) {
    large_records_.reserve(records_max_);
    runs_.reserve(records_max_);
}

bool RecordGroup::fits(std::uint32_t length) const {
    return !submitted_ && records_ < records_max_ && size_ + length <= size_max_;
}

void RecordGroup::add(const LogIdentity& identity, const RecordHeader& header,
                      wire::MessageRef message) {
    const std::uint32_t message_size = message->frame().size;
    ELYTRA_ASSERT(fits(record_length(message_size)));
    ELYTRA_ASSERT(empty() || header.lsn >= end_);
    if (record_body_inline(message_size)) {
        append_small(header.lsn, add_small(identity, header, *message));
    } else {
        runs_.push_back({header.lsn, add_large(identity, header, *message)});
    }
    ++records_;
    last_op_ = Op{message->header<wire::PrepareHeader>().op};
    size_ += record_length(message_size);
    end_ = Lsn{header.lsn.value + record_length(message_size)};
    if (!record_body_inline(message_size)) large_records_.push_back(std::move(message));
}

std::span<const std::byte> RecordGroup::add_small(const LogIdentity& identity,
                                                  const RecordHeader& header,
                                                  const wire::Message& message) {
    const std::span<std::byte> sector =
        small_records_.bytes().subspan(std::size_t{small_count_} * sector_size, sector_size);
    ++small_count_;
    std::ranges::fill(sector.first(record_area_size), std::byte{0});
    std::ranges::copy(message.body(), sector.subspan(record_body_offset).begin());
    std::ranges::copy(message.bytes().first(wire::header_size),
                      sector.subspan(record_area_size).begin());
    seal_record(identity, header, sector);
    return sector;
}

std::span<const std::byte> RecordGroup::add_large(const LogIdentity& identity,
                                                  const RecordHeader& header,
                                                  wire::Message& message) {
    const std::span<std::byte> record =
        message.sectors().first(record_length(message.frame().size));
    std::ranges::fill(record.first(record_area_size), std::byte{0});
    std::ranges::fill(record.subspan(record_area_size + message.bytes().size()), std::byte{0});
    seal_record(identity, header, record.first(sector_size));
    return record;
}

void RecordGroup::append_small(Lsn lsn, std::span<const std::byte> sector) {
    const bool ring_start = layout_.log_place(lsn) == layout_.log_offset;
    if (!runs_.empty() && !ring_start && runs_.back().small && runs_.back().end() == lsn) {
        Run& last = runs_.back();
        last.bytes = {last.bytes.data(), last.bytes.size() + sector.size()};
        return;
    }
    runs_.push_back({.lsn = lsn, .bytes = sector, .small = true});
}

void RecordGroup::submit(IoToken token, IoQueue& io) {
    ELYTRA_ASSERT(!empty());
    ELYTRA_ASSERT(!submitted_);
    submitted_ = true;
    for (const Run& run : runs_) {
        io.push(Write{.offset = layout_.log_place(run.lsn),
                      .bytes = run.bytes,
                      .durability = Durability::durable,
                      .token = token});
        ++writes_in_flight_;
    }
}

void RecordGroup::on_write_done() {
    ELYTRA_ASSERT(writes_in_flight_ > 0);
    --writes_in_flight_;
}

void RecordGroup::clear() {
    ELYTRA_ASSERT(writes_in_flight_ == 0);
    small_count_ = 0;
    large_records_.clear();
    runs_.clear();
    records_ = 0;
    size_ = 0;
    submitted_ = false;
}

}  // namespace elytra::storage
