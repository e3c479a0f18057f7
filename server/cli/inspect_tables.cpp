#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_checkpoint.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/engine/row_codec.hpp"
#include "server/forest/pair_page.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/log_report.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/inspect/trees.hpp"
#include "server/io/exit_code.hpp"
#include "server/storage/layout.hpp"
#include "server/wire/body.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/multi_batch.hpp"
#include "server/wire/operation.hpp"

namespace elytra::cli {
namespace {

using engine::CatalogImage;
using engine::RowTableId;
using inspect::TreeKind;
using storage::BlockRef;

// One line of the list.
struct TableLine {
    std::string mark{};
    std::string_view part{};
    std::uint32_t level = 0;
    std::string keys{};  // min..max, where it can be told
    std::uint64_t values = 0;
    std::uint64_t pages = 0;
    std::uint32_t segment = 0;  // 0 in the log
    std::uint32_t chunk = 0;
    std::uint64_t op = 0;  // only in the log
    u128 checksum = 0;
    std::uint64_t offset = 0;
};

class TablePrinter {
public:
    TablePrinter(const InspectContext& context, const inspect::Checkpoints& checkpoints,
                 inspect::Content& content)
        : context_(context), content_(content), page_(context.limits.page_size) {
        if (!checkpoints.previous.manifest.has_value()) return;
        for (const BlockRef& chunk : checkpoints.previous.manifest->chunks) {
            previous_.insert(chunk.offset);
        }
    }

    void print() {
        const inspect::Tree& tree = context_.options.tree;
        switch (tree.kind) {
            case TreeKind::accounts:
                return print_accounts();
            case TreeKind::rows:
                return print_rows(tree.table);
            case TreeKind::index:
                return print_runs(tree.index);
        }
    }

private:
    bool wants(std::uint32_t level) const {
        const auto& wanted = context_.options.level;
        return !wanted.has_value() || *wanted == level;
    }

    void print_accounts() {
        namespace segments = engine::segments;
        if (!wants(0)) return;
        print_plain(segments::accounts, "image", sizeof(wire::Account));
        for (const CatalogImage::Changes& changes : content_.catalog()->account_changes) {
            print_plain(changes.segment, "changes", 0);
        }
    }

    // Chunks that are no pages.
    void print_plain(std::uint32_t segment, std::string_view part, std::size_t value_size) {
        const auto chunks = content_.manifest().find(segment);
        if (!chunks.has_value()) return;
        for (std::uint32_t i = 0; i < chunks->size(); ++i) {
            const BlockRef& chunk = (*chunks)[i];
            print_chunk({.part = part,
                         .values = value_size == 0 ? 0 : chunk.size / value_size,
                         .segment = segment,
                         .chunk = i},
                        chunk);
        }
    }

    void print_rows(RowTableId id) {
        if (!wants(0)) return;
        const auto table = content_.read_table(id);
        const std::uint32_t number = static_cast<std::uint32_t>(id);
        if (!table.has_value()) {
            print_plain(engine::segments::rows_first + number, "pages", 0);
        } else {
            print_pages({.level = 0, .segment = table->segment()}, table->pages().chunks(),
                        table->fences(), id);
        }
        print_plain(engine::segments::fences_first + number, "fences", sizeof(forest::Fence));
    }

    void print_runs(engine::IndexId index) {
        for (const CatalogImage::Run& image : content_.catalog()->runs) {
            if (image.index != index || !wants(image.tier)) continue;
            const auto run = content_.read_run(image);
            if (!run.has_value()) {
                print_plain(image.segment, "damaged", 0);
                continue;
            }
            print_pages({.level = image.tier, .segment = image.segment}, run->pages.chunks(),
                        run->fences, std::nullopt);
            for (std::uint32_t i = 0; i < run->tail.size(); ++i) {
                print_chunk({.part = "tail",
                             .level = image.tier,
                             .segment = image.segment,
                             .chunk = image.page_chunk_count + i},
                            run->tail[i]);
            }
        }
    }

    // `fences` are of all pages of the chunks. Rows of a table, or else pairs.
    void print_pages(TableLine line, std::span<const BlockRef> chunks,
                     std::span<const forest::Fence> fences, std::optional<RowTableId> rows) {
        std::size_t page = 0;
        for (std::uint32_t i = 0; i < chunks.size(); ++i) {
            const std::size_t count = chunks[i].size / context_.limits.page_size;
            const auto own = fences.subspan(page, count);
            page += count;
            line.part = "pages";
            line.chunk = i;
            line.pages = count;
            line.values = 0;
            for (const forest::Fence& fence : own) line.values += fence.count;
            const auto last = last_key(line.segment, static_cast<std::uint32_t>(page - 1),
                                       chunks[i], own.back(), rows);
            line.keys = fmt::format("{}..{}", own.front().first_key,
                                    last.has_value() ? fmt::to_string(*last) : "?");
            print_chunk(line, chunks[i]);
        }
    }

    // The highest key of a chunk is in its last page. Nothing if that is damaged.
    std::optional<std::uint64_t> last_key(std::uint32_t segment, std::uint32_t number,
                                          const BlockRef& chunk, const forest::Fence& fence,
                                          std::optional<RowTableId> rows) {
        context_.source.read(chunk.offset + chunk.size - page_.size(), page_.bytes());
        if (wire::checksum(page_.bytes()) != fence.checksum) return std::nullopt;
        const forest::PageName name{.segment = segment, .number = number};
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

    void print_chunk(TableLine line, const BlockRef& chunk) {
        line.mark = previous_.contains(chunk.offset) ? "U" : "I";
        line.checksum = chunk.checksum;
        line.offset = chunk.offset;
        print_line(context_, line);
    }

public:
    static void print_line(const InspectContext& context, const TableLine& line) {
        Fields fields;
        fields.text("T", context.options.tree.name).number("L", line.level);
        if (!line.keys.empty()) fields.text("K", line.keys);
        fields.number("V", line.values);
        if (line.pages > 0) fields.number("P", line.pages);
        fields.text("part", line.part);
        if (line.op != 0) fields.number("op", line.op);
        if (line.segment != 0) fields.number("S", line.segment).number("N", line.chunk);
        fields.checksum("C", line.checksum)
            .number("A", line.offset / sector_size)
            .number("O", line.offset);
        context.output.line(
            {.kind = "table", .mark = line.mark, .title = {}, .fields = std::move(fields)});
    }

private:
    const InspectContext& context_;
    inspect::Content& content_;
    std::set<std::uint64_t> previous_;  // offsets of its chunks
    SectorBuffer page_;
};

// What the newest operations have created is only in the log until the next checkpoint.
class LogTables {
public:
    explicit LogTables(const InspectContext& context) : context_(context) {}

    // How many lines.
    std::size_t print() {
        const inspect::Tree& tree = context_.options.tree;
        const bool accounts = tree.kind == TreeKind::accounts;
        const bool transfers = tree.kind == TreeKind::rows && tree.table == RowTableId::transfers;
        const auto& level = context_.options.level;
        if ((!accounts && !transfers) || level.value_or(0) != 0) return 0;
        const storage::SuperblockState& superblock = context_.superblock.state();
        const inspect::LogReport log =
            inspect::read_log(context_.source, context_.limits, superblock);
        std::size_t count = 0;
        for (const inspect::LogEntry& entry : log.entries) {
            const bool newer = entry.record_class == inspect::RecordClass::present &&
                               entry.op > superblock.checkpoint.op;
            if (newer && creates(entry.prepare.operation, accounts)) {
                print(entry);
                ++count;
            }
        }
        return count;
    }

private:
    static bool creates(std::uint8_t raw, bool accounts) {
        const auto operation = wire::to_operation(raw);
        if (!operation.has_value()) return false;
        const wire::OperationTraits& traits = wire::traits_of(*operation);
        const bool of_accounts = traits.name.starts_with("create_accounts");
        return traits.kind == wire::OperationKind::create && of_accounts == accounts;
    }

    void print(const inspect::LogEntry& entry) {
        const auto operation = *wire::to_operation(entry.prepare.operation);
        const auto body = inspect::read_body(context_.source, context_.limits, entry);
        const bool valid = wire::body_valid(operation, body, context_.limits.request_size_max);
        const std::uint64_t offset = storage::layout_of(context_.limits).log_place(*entry.lsn);
        const std::uint64_t events = valid ? wire::events_to_create(operation, body) : 0;
        TablePrinter::print_line(context_, {.mark = "W",
                                            .part = "log",
                                            .keys = fmt::format("..{}", entry.prepare.timestamp),
                                            .values = events,
                                            .op = entry.op.value,
                                            .checksum = entry.prepare.frame.checksum,
                                            .offset = offset});
    }

    const InspectContext& context_;
};

}  // namespace

int show_tables(const InspectContext& context) {
    const auto checkpoint = find_checkpoint(context);
    if (!checkpoint.has_value()) return static_cast<int>(io::ExitCode::refused);
    const inspect::Checkpoints checkpoints =
        inspect::read_checkpoints(context.source, context.limits, *checkpoint);
    std::vector<inspect::Damage> damages;
    if (checkpoints.newest.manifest.has_value()) {
        inspect::Content content(context.source, context.limits, checkpoints.newest);
        if (content.catalog().has_value()) TablePrinter(context, checkpoints, content).print();
        damages = std::move(content.damages());
    } else if (checkpoints.newest.damage.has_value()) {
        damages.push_back(*checkpoints.newest.damage);
    }
    const std::size_t in_log =
        context.options.superblock_copy.has_value() ? 0 : LogTables(context).print();
    if (!checkpoints.newest.manifest.has_value() && in_log == 0 && damages.empty()) {
        context.output.line({.kind = "note",
                             .mark = {},
                             .title = "no tables: there is no checkpoint yet",
                             .fields = {}});
    }
    return report_damages(context, damages);
}

}  // namespace elytra::cli
