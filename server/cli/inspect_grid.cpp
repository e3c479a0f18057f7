#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_checkpoint.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/cli/program.hpp"
#include "server/inspect/block_reader.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/io/exit_code.hpp"
#include "server/storage/layout.hpp"

namespace elytra::cli {
namespace {

using inspect::ManifestReport;
using storage::BlockRef;
using storage::Extent;

constexpr int succeeded = static_cast<int>(io::ExitCode::success);
constexpr int refused = static_cast<int>(io::ExitCode::refused);

bool covers(const std::vector<Extent>& extents, std::uint64_t offset) {
    const auto after = std::ranges::upper_bound(extents, offset, {}, &Extent::offset);
    return after != extents.begin() && offset < (after - 1)->end();
}

// A part of the page store, and who uses it.
struct Stretch {
    Extent extent;
    bool newest = false;
    bool previous = false;

    std::string mark() const {
        return std::string(newest ? "|" : "_") + std::string(previous ? "|" : "_");
    }

    std::string_view state() const { return newest || previous ? "used" : "free"; }
};

// The page store from its beginning to the end of the file, without gaps.
std::vector<Stretch> stretches(const inspect::Checkpoints& checkpoints, std::uint64_t begin,
                               std::uint64_t end) {
    const std::vector<Extent> newest = inspect::extents_of(checkpoints.newest);
    const std::vector<Extent> previous = inspect::extents_of(checkpoints.previous);
    std::vector<std::uint64_t> borders = {begin, std::max(begin, end)};
    for (const std::vector<Extent>* extents : {&newest, &previous}) {
        for (const Extent& extent : *extents) {
            borders.push_back(extent.offset);
            borders.push_back(extent.end());
        }
    }
    std::ranges::sort(borders);
    std::vector<Stretch> result;
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
        if (borders[i] == borders[i + 1]) continue;
        const Stretch stretch{.extent = {borders[i], borders[i + 1] - borders[i]},
                              .newest = covers(newest, borders[i]),
                              .previous = covers(previous, borders[i])};
        const bool joins = !result.empty() && result.back().mark() == stretch.mark();
        if (joins) {
            result.back().extent.size += stretch.extent.size;
        } else {
            result.push_back(stretch);
        }
    }
    return result;
}

int show_extents(const InspectContext& context, const inspect::Checkpoints& checkpoints) {
    const std::uint64_t begin = storage::layout_of(context.limits).page_store_offset;
    const std::uint64_t end = context.source.size();
    const std::vector<Stretch> all = stretches(checkpoints, begin, end);
    std::uint64_t used = 0;
    std::uint64_t shared = 0;
    for (const Stretch& stretch : all) {
        if (stretch.newest || stretch.previous) used += stretch.extent.size;
        if (stretch.newest && stretch.previous) shared += stretch.extent.size;
    }
    const auto& newest = checkpoints.newest.manifest;
    Fields fields;
    fields.number("op", newest.has_value() ? newest->op.value : 0)
        .number("chunks", newest.has_value() ? newest->chunks.size() : 0)
        .number("chunk_size_max", context.limits.chunk_size)
        .number("offset", begin)
        .number("file_size", end)
        .number("allocated", end - begin)
        .number("used", used)
        .number("used_by_both", shared)
        .number("free", end - begin - std::min(used, end - begin))
        .number("blocks_used", used / sector_size)
        .number("blocks_allocated", (end - begin) / sector_size);
    context.output.line({.kind = "grid", .mark = {}, .title = "grid:", .fields = fields});
    for (const Stretch& stretch : all) {
        if (context.output.closed()) break;
        context.output.line({.kind = "extent",
                             .mark = stretch.mark(),
                             .title = {},
                             .fields = Fields()
                                           .text("state", stretch.state())
                                           .number("offset", stretch.extent.offset)
                                           .number("size", stretch.extent.size)
                                           .number("block", stretch.extent.offset / sector_size)});
    }
    std::vector<inspect::Damage> damages = inspect::overlaps(checkpoints);
    for (const ManifestReport* report : {&checkpoints.newest, &checkpoints.previous}) {
        if (report->damage.has_value()) damages.push_back(*report->damage);
    }
    return report_damages(context, damages);
}

// What a checkpoint has at a place.
struct Found {
    BlockRef block;
    std::string what;
    std::optional<std::uint32_t> segment;
    std::uint32_t chunk = 0;
};

bool contains(const BlockRef& block, std::uint64_t offset) {
    return block.offset <= offset && offset < storage::extent_of(block).end();
}

std::optional<Found> find_chunk(const InspectContext& context, const ManifestReport& report,
                                std::uint64_t offset) {
    inspect::Content content(context.source, context.limits, report);
    for (const storage::SegmentPlace& place : report.places) {
        const auto chunks = *report.find(place.id);
        for (std::uint32_t i = 0; i < chunks.size(); ++i) {
            if (!contains(chunks[i], offset)) continue;
            const auto use = inspect::use_of(place.id, content.catalog());
            return Found{.block = chunks[i],
                         .what = inspect::describe(use, content.catalog()),
                         .segment = place.id,
                         .chunk = i};
        }
    }
    return std::nullopt;
}

std::optional<Found> find(const InspectContext& context, const ManifestReport& report,
                          std::uint64_t offset) {
    if (!report.manifest.has_value()) return std::nullopt;
    const BlockRef root{.checksum = report.root.checksum,
                        .offset = report.root.offset,
                        .size = static_cast<std::uint32_t>(report.root.size)};
    if (contains(root, offset)) return Found{.block = root, .what = "manifest root", .segment = {}};
    for (const BlockRef& leaf : report.manifest->leaves) {
        if (contains(leaf, offset)) {
            return Found{.block = leaf, .what = "manifest leaf", .segment = {}};
        }
    }
    return find_chunk(context, report, offset);
}

int show_found(const InspectContext& context, const ManifestReport& report, const Found& found) {
    inspect::BlockReader blocks(context.source, context.limits.chunk_size);
    blocks.read(found.block);
    const std::uint32_t page_size = context.limits.page_size;
    Fields fields;
    fields.text("checkpoint", report.name).text("content", found.what);
    if (found.segment.has_value()) {
        fields.number("segment", *found.segment).number("chunk", found.chunk);
    }
    fields.number("block", found.block.offset / sector_size)
        .number("offset", found.block.offset)
        .number("size", found.block.size)
        .number("size_on_disk", found.block.size_on_disk())
        .number("pages", found.block.size % page_size == 0 ? found.block.size / page_size : 0)
        .checksum("checksum", found.block.checksum)
        .text("verified", blocks.intact() ? "true" : "false");
    context.output.line({.kind = "block", .mark = {}, .title = "block:", .fields = fields});
    if (blocks.intact()) return succeeded;
    return print_refusal(
        {{describe_error("invalid block", fmt::to_string(found.block.offset / sector_size),
                         fmt::format("checksum mismatch at offset {} of {}", found.block.offset,
                                     context.options.path))}});
}

int refuse_block(const InspectContext& context, std::uint64_t block, std::string_view reason) {
    return print_refusal({{describe_error(
        "--block", fmt::to_string(block),
        fmt::format("{}; those of {} begin at {}, and inspect tables tells some", reason,
                    context.options.path,
                    storage::layout_of(context.limits).page_store_offset / sector_size))}});
}

int show_block(const InspectContext& context, const inspect::Checkpoints& checkpoints,
               std::uint64_t block) {
    const std::uint64_t begin = storage::layout_of(context.limits).page_store_offset;
    if (block < begin / sector_size) {
        return refuse_block(context, block, "it is in the superblock or the log, not in the grid");
    }
    if (block >= context.source.size() / sector_size) {
        return refuse_block(context, block, "never written: it is behind the end of the file");
    }
    const std::uint64_t offset = block * sector_size;
    for (const ManifestReport* report : {&checkpoints.newest, &checkpoints.previous}) {
        const auto found = find(context, *report, offset);
        if (found.has_value()) return show_found(context, *report, *found);
    }
    return refuse_block(context, block, "never written, or free again: no checkpoint uses it");
}

}  // namespace

int show_grid(const InspectContext& context) {
    const auto checkpoint = find_checkpoint(context);
    if (!checkpoint.has_value()) return refused;
    const inspect::Checkpoints checkpoints =
        inspect::read_checkpoints(context.source, context.limits, *checkpoint);
    if (context.options.block.has_value()) {
        return show_block(context, checkpoints, *context.options.block);
    }
    return show_extents(context, checkpoints);
}

}  // namespace elytra::cli
