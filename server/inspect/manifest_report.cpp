#include "server/inspect/manifest_report.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "server/inspect/block_reader.hpp"
#include "server/storage/layout.hpp"

namespace elytra::inspect {

namespace {

using storage::BlockRef;
using storage::Extent;
using storage::ManifestError;

// No file is larger; offsets below it can be added without overflow.
constexpr std::uint64_t file_size_max = 1ULL << 60;

// Reads root and leaves, each vouched for by what refers to it.
class ManifestReading {
public:
    ManifestReading(ByteSource& source, const Limits& limits, ManifestReport& report)
        : bounds_{.chunk_size = limits.chunk_size,
                  .begin = storage::layout_of(limits).page_store_offset,
                  .end = file_size_max},
          blocks_(source, limits.chunk_size),
          report_(report) {}

    void run() {
        if (!read_root() || !read_leaves()) {
            report_.manifest.reset();
            return;
        }
        report_.places = storage::places_of(*report_.manifest);
    }

private:
    bool read_root() {
        const storage::ManifestRoot& root = report_.root;
        const auto checked = storage::check_root(root, bounds_);
        if (!checked.has_value()) {
            return fail("root", root.offset, root.size,
                        fmt::format("the superblock names an impossible place: {}",
                                    storage::to_text(checked.error())));
        }
        const BlockRef block{.checksum = root.checksum,
                             .offset = root.offset,
                             .size = static_cast<std::uint32_t>(root.size)};
        const auto bytes = blocks_.read(block);
        if (!blocks_.intact()) return fail_block("root", block);
        auto manifest = storage::decode_root(bytes, root.size, bounds_);
        if (!manifest.has_value()) return fail_format("root", block, bytes, manifest.error());
        report_.manifest = std::move(manifest).value();
        return true;
    }

    bool read_leaves() {
        for (std::size_t i = 0; i < report_.manifest->leaves.size(); ++i) {
            const std::string name = fmt::format("leaf {}", i);
            const BlockRef block = report_.manifest->leaves[i];
            const auto bytes = blocks_.read(block);
            if (!blocks_.intact()) return fail_block(name, block);
            const auto decoded = storage::decode_leaf(bytes, bounds_, *report_.manifest);
            if (!decoded.has_value()) return fail_format(name, block, bytes, decoded.error());
        }
        return true;
    }

    bool fail_block(std::string_view part, const BlockRef& block) {
        return fail(part, block.offset, block.size_on_disk(), "checksum mismatch");
    }

    bool fail_format(std::string_view part, const BlockRef& block, std::span<const std::byte> bytes,
                     ManifestError error) {
        std::string what(storage::to_text(error));
        if (error == ManifestError::unknown_version) {
            what += fmt::format(" {}, this program reads version {}",
                                storage::version_in_root(bytes), storage::manifest_version);
        }
        return fail(part, block.offset, block.size_on_disk(), std::move(what));
    }

    bool fail(std::string_view part, std::uint64_t offset, std::uint64_t size, std::string what) {
        report_.damage = Damage{.zone = Zone::manifest,
                                .address = fmt::format("{} checkpoint, {}", report_.name, part),
                                .offset = offset,
                                .size = size,
                                .what = std::move(what)};
        return false;
    }

    const storage::ManifestBounds bounds_;
    BlockReader blocks_;
    ManifestReport& report_;
};

// Of extents in ascending order: the first one that begins before its neighbour ends.
std::optional<Extent> first_overlap(const std::vector<Extent>& extents) {
    for (std::size_t i = 1; i < extents.size(); ++i) {
        if (extents[i].offset < extents[i - 1].end()) return extents[i];
    }
    return std::nullopt;
}

void add_overlap(std::string_view name, const std::vector<Extent>& extents,
                 std::vector<Damage>& damages) {
    const auto overlap = first_overlap(extents);
    if (!overlap.has_value()) return;
    damages.push_back({.zone = Zone::manifest,
                       .address = std::string(name),
                       .offset = overlap->offset,
                       .size = overlap->size,
                       .what = "two references share bytes"});
}

}  // namespace

std::optional<std::span<const BlockRef>> ManifestReport::find(std::uint32_t segment) const {
    const storage::SegmentPlace* place = storage::find_place(places, segment);
    if (place == nullptr) return std::nullopt;
    return std::span(manifest->chunks).subspan(place->first_chunk, place->chunk_count);
}

ManifestReport read_manifest(ByteSource& source, const Limits& limits, std::string_view name,
                             const storage::ManifestRoot& root) {
    ManifestReport report{.name = name, .root = root, .manifest = {}, .places = {}, .damage = {}};
    if (root.size > 0) ManifestReading(source, limits, report).run();
    return report;
}

Checkpoints read_checkpoints(ByteSource& source, const Limits& limits,
                             const storage::CheckpointRoot& checkpoint) {
    return {.newest = read_manifest(source, limits, "newest", checkpoint.manifest),
            .previous = read_manifest(source, limits, "previous", checkpoint.previous_manifest)};
}

std::vector<Extent> extents_of(const ManifestReport& report) {
    if (!report.manifest.has_value()) return {};
    std::vector<Extent> extents = storage::extents_of(report.root, *report.manifest);
    std::ranges::sort(extents);
    return extents;
}

std::vector<Damage> overlaps(const Checkpoints& checkpoints) {
    std::vector<Damage> damages;
    const std::vector<Extent> newest = extents_of(checkpoints.newest);
    const std::vector<Extent> previous = extents_of(checkpoints.previous);
    add_overlap("newest checkpoint", newest, damages);
    add_overlap("previous checkpoint", previous, damages);
    if (!damages.empty()) return damages;
    std::vector<Extent> both;
    std::ranges::set_union(newest, previous, std::back_inserter(both));
    add_overlap("both checkpoints", both, damages);
    return damages;
}

}  // namespace elytra::inspect
