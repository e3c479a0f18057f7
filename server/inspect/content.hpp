#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/common/limits.hpp"
#include "server/engine/catalog.hpp"
#include "server/inspect/block_reader.hpp"
#include "server/inspect/byte_source.hpp"
#include "server/inspect/damage.hpp"
#include "server/inspect/manifest_report.hpp"

namespace elytra::inspect {

// What a segment holds.
struct SegmentUse {
    enum class Kind : std::uint8_t {
        unknown,
        catalog,
        accounts,
        statuses,
        rows,     // number: the table
        fences,   // likewise
        run,      // number: of the run in the catalog
        changes,  // number: of the set of account changes in the catalog
        sessions,
        reply,  // number: the place in the session table
    };

    Kind kind = Kind::unknown;
    std::uint32_t number = 0;
};

// Without a catalog the segments with ascending numbers are unknown.
SegmentUse use_of(std::uint32_t segment, const std::optional<engine::CatalogImage>& catalog);

bool is_about_sessions(std::uint32_t segment);

// "transfers.id"
std::string describe(const SegmentUse& use, const std::optional<engine::CatalogImage>& catalog);

// Reads what the catalog of a checkpoint refers to, part by part: a part that is damaged hides no
// other one. Damage is collected; a part with damage is not returned.
class Content {
public:
    // Reads the catalog. `manifest` outlives this object and has a manifest.
    Content(ByteSource& source, const Limits& limits, const ManifestReport& manifest);

    const std::optional<engine::CatalogImage>& catalog() const { return catalog_; }

    // With its fences. Requires: a catalog.
    std::optional<engine::RowTable> read_table(engine::RowTableId id);

    // With its fences and its filter. Requires: a run of the catalog.
    std::optional<engine::Run> read_run(const engine::CatalogImage::Run& image);

    // All bytes of a segment, or of a range of its chunks; each chunk is verified.
    std::optional<std::vector<std::byte>> read_segment(std::uint32_t segment);
    std::optional<std::vector<std::byte>> read_chunks(std::uint32_t segment, std::size_t first,
                                                      std::size_t count);

    // A chunk of a segment, in whole sectors that are valid until the next read. False: it is
    // damaged, and that is collected.
    // Requires: such a chunk.
    bool read_chunk(std::uint32_t segment, std::size_t index, std::span<const std::byte>& bytes);

    void add_damage(std::uint32_t segment, std::size_t chunk, const storage::BlockRef& block,
                    std::string what);

    // Something about a segment that is no single chunk's fault.
    void add_damage(std::uint32_t segment, std::string what);

    const ManifestReport& manifest() const { return manifest_; }

    // Whether the chunk at this offset has been read and so been verified.
    bool has_read(std::uint64_t offset) const { return read_.contains(offset); }

    // In the order in which it was found; it stays here.
    std::vector<Damage>& damages() { return damages_; }

private:
    std::string address(std::uint32_t segment) const;

    const Limits& limits_;
    const std::uint64_t file_size_;
    const ManifestReport& manifest_;
    BlockReader blocks_;
    std::optional<engine::CatalogImage> catalog_;
    std::set<std::uint64_t> read_;  // offsets of chunks
    std::vector<Damage> damages_;
};

// Whether the chunks are whole pages, so many in total.
bool are_pages(std::span<const storage::BlockRef> chunks, std::uint64_t page_count,
               std::uint32_t page_size);

}  // namespace elytra::inspect
