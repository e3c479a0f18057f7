#include "server/engine/catalog.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "server/common/assert.hpp"
#include "server/wire/bytes.hpp"

namespace elytra::engine {

using forest::Fence;

namespace {

constexpr std::uint64_t cache_line = 64;

static_assert(std::has_unique_object_representations_v<Fence>);  // bytes are values

bool ascend(std::span<const Fence> fences) {
    return std::ranges::is_sorted(fences, {}, &Fence::first_key);
}

// Copies what `source`, which begins at `source_offset`, has of the range that `part` stands for.
void copy_overlap(std::span<const std::byte> source, std::uint64_t source_offset,
                  std::uint64_t part_offset, std::span<std::byte> part) {
    const std::uint64_t begin = std::max(source_offset, part_offset);
    const std::uint64_t end =
        std::min(source_offset + source.size(), part_offset + std::uint64_t{part.size()});
    if (begin >= end) return;
    std::memcpy(part.data() + (begin - part_offset), source.data() + (begin - source_offset),
                end - begin);
}

}  // namespace

storage::PageAddress Run::address(std::uint32_t page) const {
    ELYTRA_ASSERT(page < fences.size());
    return {.id = {.segment = segment, .number = page},
            .offset = pages.offset(page),
            .checksum = fences[page].checksum};
}

std::uint64_t ScheduledMerge::pair_count() const {
    std::uint64_t pairs = 0;
    for (const RunRef& input : inputs) pairs += input->pair_count;
    return pairs;
}

std::uint64_t ScheduledMerge::page_count() const {
    std::uint64_t count = 0;
    for (const RunRef& input : inputs) count += input->pages.page_count();
    return count;
}

Catalog::Catalog(std::uint32_t page_size)
    : tables{RowTable(RowTableId::transfers, page_size), RowTable(RowTableId::expiries, page_size),
             RowTable(RowTableId::failed_ids, page_size)} {}

std::span<const std::byte> fence_bytes(std::span<const Fence> fences) {
    return std::as_bytes(fences);
}

std::optional<std::vector<Fence>> decode_fences(std::span<const std::byte> bytes) {
    if (bytes.size() % sizeof(Fence) != 0) return std::nullopt;
    std::vector<Fence> fences(bytes.size() / sizeof(Fence));
    if (!bytes.empty()) std::memcpy(fences.data(), bytes.data(), bytes.size());
    return fences;
}

RunTail run_tail(std::uint32_t page_count, std::uint64_t filter_size) {
    const std::uint64_t fences_size = std::uint64_t{page_count} * sizeof(Fence);
    if (filter_size == 0) {
        return {.fences_size = fences_size, .filter_offset = fences_size, .size = fences_size};
    }
    const std::uint64_t filter_offset = round_up(fences_size, cache_line);
    return {.fences_size = fences_size,
            .filter_offset = filter_offset,
            .size = filter_offset + filter_size};
}

void copy_tail(const Run& run, std::uint64_t offset, std::span<std::byte> part) {
    const std::span<const std::byte> fences = fence_bytes(run.fences);
    const std::span<const std::byte> filter = run.filter.bytes();
    const RunTail tail = run_tail(narrow<std::uint32_t>(run.fences.size()), filter.size());
    ELYTRA_ASSERT(offset <= tail.size && part.size() <= tail.size - offset);
    std::ranges::fill(part, std::byte{});
    copy_overlap(fences, 0, offset, part);
    copy_overlap(filter, tail.filter_offset, offset, part);
}

bool restore_tail(std::span<const std::byte> tail, const CatalogImage::Run& image, Run& run) {
    const RunTail layout = run_tail(image.page_count, image.filter_size);
    if (tail.size() != layout.size) return false;
    const std::span<const std::byte> padding =
        tail.subspan(layout.fences_size, layout.filter_offset - layout.fences_size);
    if (!wire::all_zero(padding)) return false;

    std::optional<std::vector<Fence>> fences = decode_fences(tail.first(layout.fences_size));
    if (!fences.has_value() || !ascend(*fences)) return false;
    std::uint64_t pair_count = 0;
    for (const Fence& fence : *fences) {
        if (fence.count == 0) return false;
        pair_count += fence.count;
    }
    if (pair_count != image.pair_count) return false;
    run.fences = std::move(*fences);
    run.filter = forest::Filter::from_bytes(tail.subspan(layout.filter_offset));
    return true;
}

}  // namespace elytra::engine
