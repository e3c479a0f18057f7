#include "server/inspect/superblock_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/common/sector_buffer.hpp"
#include "server/storage/superblock_quorum.hpp"

namespace elytra::inspect {

namespace {

using storage::SuperblockFailure;

SuperblockFailure to_failure(storage::QuorumFailure failure) {
    switch (failure) {
        case storage::QuorumFailure::none_intact:
            return SuperblockFailure::not_a_data_file;
        case storage::QuorumFailure::no_quorum:
            return SuperblockFailure::no_quorum;
        case storage::QuorumFailure::conflicting_copies:
            return SuperblockFailure::conflicting_copies;
        case storage::QuorumFailure::broken_chain:
            return SuperblockFailure::broken_chain;
    }
    ELYTRA_ASSERT(false);
}

void choose(const Limits& limits, SuperblockReport& report) {
    storage::SuperblockViews views{};
    for (std::uint32_t place = 0; place < storage::superblock_copies; ++place) {
        const auto& copy = report.places[place].copy;
        if (!copy.has_value()) continue;
        views[place] = {.intact = true,
                        .at_home = copy->copy_number == place,
                        .sequence = copy->state.sequence,
                        .checksum = copy->checksum,
                        .parent_checksum = copy->state.parent_checksum};
    }
    const auto chosen = storage::choose_superblock(views);
    if (!chosen.has_value()) {
        report.failure = to_failure(chosen.error());
        return;
    }
    report.chosen = *chosen;
    if (report.state().log_size == limits.log_size &&
        report.state().evidence_sectors == limits.evidence_sectors) {
        return;
    }
    report.failure = SuperblockFailure::other_layout;
    report.found = report.state().log_size;
}

// The version before the chosen one: in its place the new one had not arrived yet.
bool is_previous(const SuperblockReport& report, const storage::SuperblockCopy& copy) {
    return copy.state.sequence + 1 == report.state().sequence;
}

}  // namespace

bool SuperblockReport::any_intact() const {
    return std::ranges::any_of(places, [](const auto& place) { return place.copy.has_value(); });
}

SuperblockReport read_superblock(ByteSource& source, const Limits& limits) {
    const storage::Layout layout = storage::layout_of(limits);
    SuperblockReport report;
    SectorBuffer buffer(storage::superblock_copy_size);
    for (std::uint32_t place = 0; place < storage::superblock_copies; ++place) {
        SuperblockPlace& found = report.places[place];
        found.offset = layout.superblock_copy_offset(place);
        source.read(found.offset, buffer.bytes());
        const auto copy = storage::decode_superblock_copy(buffer.bytes());
        if (copy.has_value()) {
            found.copy = *copy;
        } else if (copy.error().kind == storage::SuperblockDecodeError::Kind::unknown_version) {
            report.failure = SuperblockFailure::unsupported_version;
            report.found = copy.error().version;
        }
    }
    if (report.failure == SuperblockFailure::none) choose(limits, report);
    return report;
}

std::vector<Damage> superblock_damages(const SuperblockReport& report) {
    std::vector<Damage> damages;
    for (std::uint32_t place = 0; place < storage::superblock_copies; ++place) {
        const auto& [offset, copy] = report.places[place];
        std::string what;
        if (!copy.has_value()) {
            what = "checksum mismatch";
        } else if (copy->copy_number != place) {
            what = fmt::format("it says that it is copy {}", copy->copy_number);
        } else if (report.failure == SuperblockFailure::none &&
                   copy->checksum != report.places[report.chosen].copy->checksum &&
                   !is_previous(report, *copy)) {
            what = fmt::format("it is of version {}, the newest is {}", copy->state.sequence,
                               report.state().sequence);
        }
        if (what.empty()) continue;
        damages.push_back({.zone = Zone::superblock,
                           .address = fmt::format("copy {}", place),
                           .offset = offset,
                           .size = storage::superblock_copy_size,
                           .what = std::move(what)});
    }
    return damages;
}

std::vector<std::string> superblock_notes(const SuperblockReport& report) {
    std::vector<std::string> notes;
    if (report.failure != SuperblockFailure::none) return notes;
    for (std::uint32_t place = 0; place < storage::superblock_copies; ++place) {
        const auto& copy = report.places[place].copy;
        if (!copy.has_value() || !is_previous(report, *copy)) continue;
        notes.push_back(
            fmt::format("superblock copy {} is one version behind: the process ended "
                        "while it wrote version {}",
                        place, report.state().sequence));
    }
    return notes;
}

}  // namespace elytra::inspect
