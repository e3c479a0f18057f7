#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/cli/inspect_checkpoint.hpp"
#include "server/cli/inspect_views.hpp"
#include "server/engine/catalog.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/inspect/trees.hpp"
#include "server/io/exit_code.hpp"

namespace elytra::cli {
namespace {

using engine::CatalogImage;
using inspect::ManifestReport;

class ManifestPrinter {
public:
    explicit ManifestPrinter(const InspectContext& context) : context_(context) {}

    // Damage of the manifest or of the catalog.
    std::vector<inspect::Damage> print(const ManifestReport& report) {
        if (report.damage.has_value()) return {*report.damage};
        if (!report.manifest.has_value()) {
            print("note", fmt::format("no {} checkpoint", report.name), {});
            return {};
        }
        inspect::Content content(context_.source, context_.limits, report);
        print_tree(report);
        print_segments(report, content.catalog());
        if (content.catalog().has_value()) print_catalog(report, *content.catalog());
        return std::move(content.damages());
    }

private:
    void print_tree(const ManifestReport& report) {
        const storage::Manifest& manifest = *report.manifest;
        print("manifest", "manifest:",
              Fields()
                  .text("checkpoint", report.name)
                  .number("op", manifest.op.value)
                  .number("offset", report.root.offset)
                  .number("size", report.root.size)
                  .checksum("checksum", report.root.checksum)
                  .number("leaves", manifest.leaves.size())
                  .number("segments", manifest.segments.size())
                  .number("segments_max", storage::segments_fit(context_.limits.chunk_size))
                  .number("chunks", manifest.chunks.size())
                  .number("chunks_max", storage::manifest_chunks_max(context_.limits.chunk_size)));
        for (const storage::BlockRef& leaf : manifest.leaves) {
            print("leaf", "leaf:",
                  Fields()
                      .text("checkpoint", report.name)
                      .number("offset", leaf.offset)
                      .number("size", leaf.size)
                      .checksum("checksum", leaf.checksum));
        }
    }

    void print_segments(const ManifestReport& report, const std::optional<CatalogImage>& catalog) {
        for (const storage::SegmentDescriptor& segment : report.manifest->segments) {
            const auto use = inspect::use_of(segment.id, catalog);
            const auto chunks = *report.find(segment.id);
            print("segment", "segment:",
                  Fields()
                      .text("checkpoint", report.name)
                      .number("id", segment.id)
                      .text("content", inspect::describe(use, catalog))
                      .number("chunks", segment.chunk_count)
                      .number("size", segment.size)
                      .number("offset", chunks.empty() ? 0 : chunks.front().offset));
        }
    }

    void print_catalog(const ManifestReport& report, const CatalogImage& catalog) {
        print("catalog", "catalog:",
              Fields()
                  .text("checkpoint", report.name)
                  .number("cut", catalog.cut)
                  .number("timestamp", catalog.timestamp)
                  .number("accounts", catalog.account_count)
                  .number("account_changes", catalog.account_changes.size())
                  .number("segment_next", catalog.segment_next));
        for (std::size_t i = 0; i < engine::row_table_count; ++i) {
            print("table", "table:",
                  Fields()
                      .text("checkpoint", report.name)
                      .text("name", inspect::name_of(static_cast<engine::RowTableId>(i)))
                      .number("rows", catalog.tables[i].row_count)
                      .number("pages", catalog.tables[i].page_count));
        }
        print_runs(report, catalog);
        for (const CatalogImage::Merge& merge : catalog.merges) {
            print("merge", "merge:",
                  Fields()
                      .text("checkpoint", report.name)
                      .text("index", inspect::name_of(merge.index))
                      .number("tier", merge.tier)
                      .number("segment", merge.segment)
                      .number("due", merge.due)
                      .text("inputs", fmt::format("{}", fmt::join(merge.inputs, ","))));
        }
    }

    void print_runs(const ManifestReport& report, const CatalogImage& catalog) {
        struct Sum {
            std::uint64_t runs = 0;
            std::uint64_t pairs = 0;
            std::uint64_t pages = 0;
            std::uint64_t filter_size = 0;
        };

        std::map<std::pair<engine::IndexId, std::uint8_t>, Sum> sums;  // by index and tier
        for (const CatalogImage::Run& run : catalog.runs) {
            Sum& sum = sums[{run.index, run.tier}];
            ++sum.runs;
            sum.pairs += run.pair_count;
            sum.pages += run.page_count;
            sum.filter_size += run.filter_size;
        }
        for (const auto& [place, sum] : sums) {
            print("index", "index:",
                  Fields()
                      .text("checkpoint", report.name)
                      .text("name", inspect::name_of(place.first))
                      .number("tier", place.second)
                      .number("runs", sum.runs)
                      .number("pairs", sum.pairs)
                      .number("pages", sum.pages)
                      .number("filter_size", sum.filter_size));
        }
    }

    void print(std::string_view kind, std::string title, Fields fields) {
        context_.output.line(
            {.kind = kind, .mark = {}, .title = std::move(title), .fields = std::move(fields)});
    }

    const InspectContext& context_;
};

}  // namespace

int show_manifest(const InspectContext& context) {
    const auto checkpoint = find_checkpoint(context);
    if (!checkpoint.has_value()) return static_cast<int>(io::ExitCode::refused);
    const inspect::Checkpoints checkpoints =
        inspect::read_checkpoints(context.source, context.limits, *checkpoint);
    ManifestPrinter printer(context);
    std::vector<inspect::Damage> damages = printer.print(checkpoints.newest);
    for (inspect::Damage& damage : printer.print(checkpoints.previous)) {
        damages.push_back(std::move(damage));
    }
    return report_damages(context, damages);
}

}  // namespace elytra::cli
