#include "server/inspect/table_list.hpp"

#include <set>
#include <span>

#include "server/common/sector_buffer.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/pair_page.hpp"
#include "server/inspect/log_report.hpp"
#include "server/storage/layout.hpp"
#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

namespace elytra::inspect {

namespace {

using engine::CatalogImage;
using engine::RowTableId;
using storage::BlockRef;

namespace segments = engine::segments;

class ChunkList {
public:
    ChunkList(ByteSource& source, const Limits& limits, const Checkpoints& checkpoints,
              Content& content)
        : source_(source), limits_(limits), content_(content), page_(limits.page_size) {
        if (!checkpoints.previous.manifest.has_value()) return;
        for (const BlockRef& chunk : checkpoints.previous.manifest->chunks) {
            previous_.insert(chunk.offset);
        }
    }

    std::vector<TableChunk> run(const Tree& tree, std::optional<std::uint32_t> level) {
        level_ = level;
        switch (tree.kind) {
            case TreeKind::accounts:
                add_accounts();
                break;
            case TreeKind::rows:
                add_rows(tree.table);
                break;
            case TreeKind::index:
                add_runs(tree.index);
                break;
        }
        return std::move(list_);
    }

private:
    bool wants(std::uint32_t level) const { return level_.value_or(level) == level; }

    void add_accounts() {
        if (!wants(0)) return;
        add_plain(segments::accounts, "image", sizeof(wire::Account));
        for (const CatalogImage::Changes& changes : content_.catalog()->account_changes) {
            add_plain(changes.segment, "changes", 0);
        }
    }

    void add_rows(RowTableId id) {
        if (!wants(0)) return;
        const auto table = content_.read_table(id);
        const auto number = static_cast<std::uint32_t>(id);
        if (table.has_value()) {
            add_pages({.segment = table->segment()}, table->pages().chunks(), table->fences(), id);
        } else {
            add_plain(segments::rows_first + number, "damaged", 0);
        }
        add_plain(segments::fences_first + number, "fences", sizeof(forest::Fence));
    }

    void add_runs(engine::IndexId index) {
        for (const CatalogImage::Run& image : content_.catalog()->runs) {
            if (image.index != index || !wants(image.tier)) continue;
            const auto run = content_.read_run(image);
            if (!run.has_value()) {
                add_plain(image.segment, "damaged", 0);
                continue;
            }
            const TableChunk line{.level = image.tier, .segment = image.segment};
            add_pages(line, run->pages.chunks(), run->fences, std::nullopt);
            for (std::uint32_t i = 0; i < run->tail.size(); ++i) {
                TableChunk tail = line;
                tail.part = "tail";
                tail.chunk = image.page_chunk_count + i;
                add(tail, run->tail[i]);
            }
        }
    }

    // Chunks that are no pages.
    void add_plain(std::uint32_t segment, std::string_view part, std::size_t value_size) {
        const auto chunks = content_.manifest().find(segment);
        if (!chunks.has_value()) return;
        for (std::uint32_t i = 0; i < chunks->size(); ++i) {
            const std::size_t values = value_size == 0 ? 0 : (*chunks)[i].size / value_size;
            add({.part = part, .values = values, .segment = segment, .chunk = i}, (*chunks)[i]);
        }
    }

    // `fences` are of all pages of the chunks. Rows of a table, or else pairs.
    void add_pages(TableChunk line, std::span<const BlockRef> chunks,
                   std::span<const forest::Fence> fences, std::optional<RowTableId> rows) {
        std::size_t page = 0;
        for (std::uint32_t i = 0; i < chunks.size(); ++i) {
            const std::size_t count = chunks[i].size / limits_.page_size;
            const auto own = fences.subspan(page, count);
            page += count;
            line.part = "pages";
            line.chunk = i;
            line.pages = count;
            line.values = 0;
            for (const forest::Fence& fence : own) line.values += fence.count;
            line.has_keys = true;
            line.key_min = own.front().first_key;
            source_.read(chunks[i].offset + chunks[i].size - limits_.page_size, page_.bytes());
            line.key_max =
                last_key({line.segment, static_cast<std::uint32_t>(page - 1)}, own.back(), rows);
            add(line, chunks[i]);
        }
    }

    // Of the page that was read.
    std::optional<std::uint64_t> last_key(forest::PageName name, const forest::Fence& fence,
                                          std::optional<RowTableId> rows) const {
        if (wire::checksum(page_.bytes()) != fence.checksum) return std::nullopt;
        if (!rows.has_value()) {
            const auto page = forest::PairPage::open(name, page_.bytes());
            if (!page.has_value() || page->size() == 0) return std::nullopt;
            return page->at(page->size() - 1).key;
        }
        const auto page =
            forest::ColumnPage::open(name, engine::column_count(*rows), page_.bytes());
        if (!page.has_value() || page->row_count() == 0) return std::nullopt;
        const std::uint32_t row = page->row_count() - 1;
        switch (*rows) {
            case RowTableId::transfers:
                return engine::decode_transfer_timestamp(*page, row);
            case RowTableId::expiries:
                return engine::decode_expiry_timestamp(*page, row);
            case RowTableId::failed_ids:
                return 0;
        }
        return std::nullopt;
    }

    void add(TableChunk line, const BlockRef& chunk) {
        line.place =
            previous_.contains(chunk.offset) ? TableChunk::Place::both : TableChunk::Place::newest;
        line.checksum = chunk.checksum;
        line.offset = chunk.offset;
        list_.push_back(line);
    }

    ByteSource& source_;
    const Limits& limits_;
    Content& content_;
    std::optional<std::uint32_t> level_;
    std::set<std::uint64_t> previous_;  // offsets of its chunks
    SectorBuffer page_;
    std::vector<TableChunk> list_;
};

bool creates(std::uint8_t raw, bool accounts) {
    const auto operation = wire::to_operation(raw);
    if (!operation.has_value()) return false;
    const wire::OperationTraits& traits = wire::traits_of(*operation);
    return traits.kind == wire::OperationKind::create &&
           traits.name.starts_with("create_accounts") == accounts;
}

}  // namespace

std::vector<TableChunk> list_chunks(ByteSource& source, const Limits& limits,
                                    const Checkpoints& checkpoints, Content& content,
                                    const Tree& tree, std::optional<std::uint32_t> level) {
    return ChunkList(source, limits, checkpoints, content).run(tree, level);
}

std::vector<TableChunk> list_log(ByteSource& source, const Limits& limits,
                                 const storage::SuperblockState& superblock, const Tree& tree) {
    std::vector<TableChunk> list;
    const bool accounts = tree.kind == TreeKind::accounts;
    const bool transfers = tree.kind == TreeKind::rows && tree.table == RowTableId::transfers;
    if (!accounts && !transfers) return list;
    const storage::Layout layout = storage::layout_of(limits);
    const LogReport log = read_log(source, limits, superblock);
    for (const LogEntry& entry : log.entries) {
        const std::uint8_t raw = entry.prepare.operation;
        if (entry.record_class != RecordClass::present || entry.op <= superblock.checkpoint.op) {
            continue;
        }
        if (!creates(raw, accounts)) continue;
        const wire::Operation operation = *wire::to_operation(raw);
        const std::vector<std::byte> body = read_body(source, limits, entry);
        const bool valid = wire::body_valid(operation, body, limits.request_size_max);
        list.push_back({.place = TableChunk::Place::log,
                        .part = "log",
                        .values = valid ? wire::events_to_create(operation, body) : 0,
                        .op = entry.op.value,
                        .checksum = entry.prepare.frame.checksum,
                        .offset = layout.log_place(*entry.lsn)});
    }
    return list;
}

}  // namespace elytra::inspect
