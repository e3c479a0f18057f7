#include "server/inspect/content.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/inspect/trees.hpp"
#include "server/vsr/session_segments.hpp"

namespace elytra::inspect {

namespace {

using engine::CatalogImage;
using engine::RowTableId;
using storage::BlockRef;
using Kind = SegmentUse::Kind;

namespace segments = engine::segments;

constexpr std::uint32_t replies_max = 0x100;  // places for replies between the names of segments

SegmentUse use_of_numbered(std::uint32_t segment, const CatalogImage& catalog) {
    const auto run = std::ranges::find(catalog.runs, segment, &CatalogImage::Run::segment);
    if (run != catalog.runs.end()) {
        return {Kind::run, static_cast<std::uint32_t>(run - catalog.runs.begin())};
    }
    const auto& all = catalog.account_changes;
    const auto changes = std::ranges::find(all, segment, &CatalogImage::Changes::segment);
    if (changes == all.end()) return {};
    return {Kind::changes, static_cast<std::uint32_t>(changes - all.begin())};
}

}  // namespace

SegmentUse use_of(std::uint32_t segment, const std::optional<CatalogImage>& catalog) {
    if (segment == segments::catalog) return {Kind::catalog};
    if (segment == segments::accounts) return {Kind::accounts};
    if (segment == segments::statuses) return {Kind::statuses};
    if (segment - segments::rows_first < engine::row_table_count) {
        return {Kind::rows, segment - segments::rows_first};
    }
    if (segment - segments::fences_first < engine::row_table_count) {
        return {Kind::fences, segment - segments::fences_first};
    }
    if (segment == vsr::segment_sessions) return {Kind::sessions};
    if (segment - vsr::segment_reply_first < replies_max) {
        return {Kind::reply, segment - vsr::segment_reply_first};
    }
    return catalog.has_value() ? use_of_numbered(segment, *catalog) : SegmentUse{};
}

bool is_about_sessions(std::uint32_t segment) {
    const Kind kind = use_of(segment, std::nullopt).kind;
    return kind == Kind::sessions || kind == Kind::reply;
}

std::string describe(const SegmentUse& use, const std::optional<CatalogImage>& catalog) {
    switch (use.kind) {
        case Kind::unknown:
            return "unknown";
        case Kind::catalog:
            return "catalog";
        case Kind::accounts:
            return "accounts";
        case Kind::statuses:
            return "statuses";
        case Kind::rows:
            return std::string(name_of(static_cast<RowTableId>(use.number)));
        case Kind::fences:
            return fmt::format("fences of {}", name_of(static_cast<RowTableId>(use.number)));
        case Kind::run:
            return std::string(name_of(catalog->runs[use.number].index));
        case Kind::changes:
            return "account changes";
        case Kind::sessions:
            return "sessions";
        case Kind::reply:
            return fmt::format("reply {}", use.number);
    }
    return {};
}

bool are_pages(std::span<const BlockRef> chunks, std::uint64_t page_count,
               std::uint32_t page_size) {
    std::uint64_t size = 0;
    for (const BlockRef& chunk : chunks) {
        if (chunk.size % page_size != 0) return false;
        size += chunk.size;
    }
    return size == page_count * page_size;
}

Content::Content(ByteSource& source, const Limits& limits, const ManifestReport& manifest)
    : limits_(limits),
      file_size_(source.size()),
      manifest_(manifest),
      blocks_(source, limits.chunk_size) {
    ELYTRA_ASSERT(manifest.manifest.has_value());
    const auto bytes = read_segment(segments::catalog);
    if (!bytes.has_value()) return;
    catalog_ = engine::decode_catalog(*bytes, limits.page_size);
    if (!catalog_.has_value()) add_damage(segments::catalog, "it contradicts itself");
}

std::optional<engine::RowTable> Content::read_table(RowTableId id) {
    engine::RowTable table(id, limits_.page_size);
    const std::uint32_t fences_segment = segments::fences_first + static_cast<std::uint32_t>(id);
    const CatalogImage::Table& image = catalog_->tables[static_cast<std::size_t>(id)];
    const auto rows = manifest_.find(table.segment());
    if (!rows.has_value() || !are_pages(*rows, image.page_count, limits_.page_size)) {
        add_damage(table.segment(), "its chunks are not the pages that the catalog counts");
        return std::nullopt;
    }
    for (const BlockRef& chunk : *rows) table.add_chunk(chunk);
    const auto bytes = read_segment(fences_segment);
    if (!bytes.has_value()) return std::nullopt;
    const auto fences = engine::decode_fences(*bytes);
    const bool sensible = fences.has_value() && table.add_fences(*fences) &&
                          table.page_count() == image.page_count &&
                          table.row_count() == image.row_count;
    if (sensible) return table;
    add_damage(fences_segment, "fences contradict each other or the catalog");
    return std::nullopt;
}

std::optional<engine::Run> Content::read_run(const CatalogImage::Run& image) {
    const auto chunks = manifest_.find(image.segment);
    const std::uint64_t chunk_count =
        std::uint64_t{image.page_chunk_count} + image.tail_chunk_count;
    const bool fits = chunks.has_value() && chunks->size() == chunk_count;
    if (!fits ||
        !are_pages(chunks->first(image.page_chunk_count), image.page_count, limits_.page_size)) {
        add_damage(image.segment, "its chunks are not those that the catalog counts");
        return std::nullopt;
    }
    engine::Run run(limits_.page_size);
    run.segment = image.segment;
    run.index = image.index;
    run.tier = image.tier;
    run.row_first = image.row_first;
    run.row_end = image.row_end;
    run.pair_count = image.pair_count;
    run.id_min = image.id_min;
    run.id_max = image.id_max;
    for (const BlockRef& chunk : chunks->first(image.page_chunk_count)) run.pages.add(chunk);
    const auto tail = read_chunks(image.segment, image.page_chunk_count, image.tail_chunk_count);
    if (!tail.has_value()) return std::nullopt;
    if (engine::restore_tail(*tail, image, run)) return run;
    add_damage(image.segment, "fences and filter contradict the catalog");
    return std::nullopt;
}

std::optional<std::vector<std::byte>> Content::read_segment(std::uint32_t segment) {
    const auto chunks = manifest_.find(segment);
    if (!chunks.has_value()) {
        add_damage(segment, "there is no such segment");
        return std::nullopt;
    }
    return read_chunks(segment, 0, chunks->size());
}

std::optional<std::vector<std::byte>> Content::read_chunks(std::uint32_t segment, std::size_t first,
                                                           std::size_t count) {
    const auto chunks = manifest_.find(segment);
    ELYTRA_ASSERT(chunks.has_value() && first + count <= chunks->size());
    std::vector<std::byte> whole;
    bool intact = true;
    for (std::size_t i = first; i < first + count; ++i) {
        std::span<const std::byte> bytes;
        intact = read_chunk(segment, i, bytes) && intact;
        bytes = bytes.first((*chunks)[i].size);
        if (intact) whole.insert(whole.end(), bytes.begin(), bytes.end());
    }
    if (!intact) return std::nullopt;
    return whole;
}

bool Content::read_chunk(std::uint32_t segment, std::size_t index,
                         std::span<const std::byte>& bytes) {
    const BlockRef& block = (*manifest_.find(segment))[index];
    bytes = blocks_.read(block);
    read_.insert(block.offset);
    if (blocks_.intact()) return true;
    const bool inside = extent_of(block).end() <= file_size_;
    add_damage(segment, index, block,
               inside ? "checksum mismatch"
                      : fmt::format("it ends behind the end of the file, {} bytes", file_size_));
    return false;
}

std::string Content::address(std::uint32_t segment) const {
    return fmt::format("{}segment {} ({})",
                       manifest_.name == "previous" ? "previous checkpoint, " : "", segment,
                       describe(use_of(segment, catalog_), catalog_));
}

void Content::add_damage(std::uint32_t segment, std::size_t chunk, const BlockRef& block,
                         std::string what) {
    damages_.push_back({.zone = is_about_sessions(segment) ? Zone::replies : Zone::grid,
                        .address = fmt::format("{} chunk {}", address(segment), chunk),
                        .offset = block.offset,
                        .size = block.size_on_disk(),
                        .what = std::move(what)});
}

void Content::add_damage(std::uint32_t segment, std::string what) {
    const auto chunks = manifest_.find(segment);
    const bool any = chunks.has_value() && !chunks->empty();
    damages_.push_back({.zone = is_about_sessions(segment) ? Zone::replies : Zone::grid,
                        .address = address(segment),
                        .offset = any ? chunks->front().offset : 0,
                        .size = any ? chunks->front().size_on_disk() : 0,
                        .what = std::move(what)});
}

}  // namespace elytra::inspect
