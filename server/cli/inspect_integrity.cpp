#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "server/cli/inspect_views.hpp"
#include "server/inspect/content.hpp"
#include "server/inspect/damage.hpp"
#include "server/inspect/grid_check.hpp"
#include "server/inspect/log_report.hpp"
#include "server/inspect/manifest_report.hpp"
#include "server/inspect/session_report.hpp"
#include "server/io/exit_code.hpp"

namespace elytra::cli {
namespace {

using inspect::Damage;

// Verifies zone after zone, and prints what each has found at once.
class IntegrityCheck {
public:
    explicit IntegrityCheck(const InspectContext& context)
        : context_(context), log_(context.log.scoped("integrity")) {}

    int run() {
        check_superblock();
        if (context_.options.skip_wal) {
            skip("log");
        } else {
            check_log();
        }
        checkpoints_ = inspect::read_checkpoints(context_.source, context_.limits,
                                                 context_.superblock.state().checkpoint);
        if (context_.options.skip_grid) {
            skip("grid");
        } else {
            check_grid();
        }
        if (context_.options.skip_client_replies) {
            skip("replies");
        } else {
            check_replies();
        }
        context_.output.line({.kind = "result",
                              .mark = {},
                              .title = "integrity:",
                              .fields = Fields()
                                            .text("result", damages_ == 0 ? "sound" : "damaged")
                                            .number("damages", damages_)});
        return static_cast<int>(damages_ == 0 ? io::ExitCode::success : io::ExitCode::refused);
    }

private:
    void check_superblock() {
        log_.info("verifying the superblock");
        note(inspect::superblock_notes(context_.superblock));
        std::uint64_t intact = 0;
        for (const auto& place : context_.superblock.places) intact += place.copy.has_value();
        report("superblock", inspect::superblock_damages(context_.superblock),
               Fields()
                   .number("copies", context_.superblock.places.size())
                   .number("intact", intact)
                   .number("sequence", context_.superblock.state().sequence));
    }

    void check_log() {
        log_.info("verifying evidence and log");
        const inspect::LogReport log =
            inspect::read_log(context_.source, context_.limits, context_.superblock.state());
        note(inspect::log_notes(log));
        report("log", inspect::log_damages(log, context_.limits),
               Fields()
                   .number("records", log.entries.size())
                   .number("head", log.recovery.head.value)
                   .number("torn", log.recovery.torn.size()));
    }

    void check_grid() {
        inspect::GridCheck grid(context_.source, context_.limits, checkpoints_,
                                {.seed = context_.options.seed});
        log_.info("verifying the grid: {} chunks", grid.chunk_count());
        std::size_t tenths = 0;
        while (grid.step()) {
            const std::size_t reached = grid.chunks_done() * 10 / grid.chunk_count();
            log_.debug("chunk {} of {}", grid.chunks_done(), grid.chunk_count());
            if (reached == tenths) continue;
            tenths = reached;
            log_.info("verified {} % of the grid", tenths * 10);
        }
        std::vector<Damage> damages = grid.take_damages();
        const Op op = context_.superblock.state().checkpoint.op;
        const auto& newest = checkpoints_.newest.manifest;
        if (newest.has_value() && newest->op != op) {
            damages.push_back({.zone = inspect::Zone::manifest,
                               .address = "newest checkpoint",
                               .offset = checkpoints_.newest.root.offset,
                               .size = checkpoints_.newest.root.size,
                               .what = fmt::format("it is of op {}, the superblock says {}",
                                                   newest->op.value, op.value)});
        }
        report("grid", damages,
               Fields()
                   .number("op", op.value)
                   .number("chunks", newest.has_value() ? newest->chunks.size() : 0)
                   .number("bytes_verified", grid.bytes_done()));
    }

    void check_replies() {
        log_.info("verifying sessions and replies");
        std::vector<Damage> damages;
        std::uint64_t sessions = 0;
        if (checkpoints_.newest.manifest.has_value()) {
            inspect::Content content(context_.source, context_.limits, checkpoints_.newest);
            content.damages().clear();  // of the catalog: a matter of the grid
            const auto entries = inspect::read_sessions(content, context_.limits);
            for (const inspect::SessionEntry& entry : entries) inspect::read_reply(content, entry);
            sessions = entries.size();
            damages = std::move(content.damages());
        } else if (context_.options.skip_grid && checkpoints_.newest.damage.has_value()) {
            damages.push_back(*checkpoints_.newest.damage);
        }
        if (checkpoints_.previous.manifest.has_value()) {
            inspect::Content content(context_.source, context_.limits, checkpoints_.previous);
            content.damages().clear();
            inspect::check_session_chunks(content);
            std::ranges::move(content.damages(), std::back_inserter(damages));
        }
        report("replies", damages, Fields().number("sessions", sessions));
    }

    void skip(std::string_view zone) {
        context_.output.line({.kind = "zone",
                              .mark = {},
                              .title = fmt::format("{}:", zone),
                              .fields = Fields().text("zone", zone).text("state", "skipped")});
    }

    void note(const std::vector<std::string>& notes) {
        for (const std::string& text : notes) log_.info("{}", text);
    }

    void report(std::string_view zone, const std::vector<Damage>& damages, const Fields& summary) {
        for (const Damage& damage : damages) {
            context_.output.line({.kind = "damage",
                                  .mark = {},
                                  .title = "damage:",
                                  .fields = Fields()
                                                .text("zone", to_text(damage.zone))
                                                .text("address", damage.address)
                                                .number("offset", damage.offset)
                                                .number("size", damage.size)
                                                .text("what", damage.what)});
        }
        damages_ += damages.size();
        Fields fields;
        fields.text("zone", zone).text("state", damages.empty() ? "sound" : "damaged");
        fields.append("", summary).number("damages", damages.size());
        context_.output.line({.kind = "zone",
                              .mark = {},
                              .title = fmt::format("{}:", zone),
                              .fields = std::move(fields)});
    }

    const InspectContext& context_;
    const io::Log log_;
    inspect::Checkpoints checkpoints_;
    std::uint64_t damages_ = 0;
};

}  // namespace

int show_integrity(const InspectContext& context) { return IntegrityCheck(context).run(); }

}  // namespace elytra::cli
