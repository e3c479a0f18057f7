#include "server/cli/open_fault_text.hpp"

#include <string_view>

#include <fmt/format.h>

#include "server/common/assert.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/superblock_copy.hpp"
#include "server/wire/release.hpp"

namespace elytra::cli {
namespace {

constexpr std::string_view restore_advice =
    "restore the file from a backup; nothing in it has been changed";

std::string superblock_text(const vsr::OpenFault& fault) {
    using storage::SuperblockFailure;
    switch (fault.superblock) {
        case SuperblockFailure::not_a_data_file:
            return "this is not a data file: none of its superblock copies is intact; create one "
                   "with format";
        case SuperblockFailure::unsupported_version:
            return fmt::format("its format version is {}, this program reads version {}; use {}",
                               fault.found, storage::format_version,
                               fault.found > storage::format_version
                                   ? "a newer program"
                                   : "the program that formatted it");
        case SuperblockFailure::no_quorum:
            return fmt::format("only one superblock copy is intact, which proves nothing; {}",
                               restore_advice);
        case SuperblockFailure::conflicting_copies:
            return fmt::format("its superblock copies contradict each other; {}", restore_advice);
        case SuperblockFailure::broken_chain:
            return fmt::format("its superblock versions do not follow from one another; {}",
                               restore_advice);
        case SuperblockFailure::other_layout:
            return "its log has another size than this program writes; use the program that "
                   "formatted it";
        case SuperblockFailure::not_verified:
            return "its superblock could not be read back after writing; check the device";
        case SuperblockFailure::none:
            break;
    }
    ELYTRA_ASSERT(false);
}

std::string format_reason(const storage::StoreFault& fault) {
    if (fault.format_error != storage::ManifestError::unknown_version) {
        return std::string(storage::to_text(fault.format_error));
    }
    return fmt::format("its version is {}, this program reads version {}", fault.version_found,
                       storage::manifest_version);
}

std::string store_reason(const storage::StoreFault& fault) {
    switch (fault.reason) {
        case storage::StoreFault::Reason::checksum:
            return "checksum mismatch";
        case storage::StoreFault::Reason::format:
            return format_reason(fault);
        case storage::StoreFault::Reason::overlap:
            return "two references share bytes";
    }
    ELYTRA_ASSERT(false);
}

std::string store_text(std::string_view part, const storage::StoreFault& fault) {
    return fmt::format("{} at offset {}, {} bytes, is damaged ({}); {}", part, fault.offset,
                       fault.size, store_reason(fault), restore_advice);
}

std::string data_text(const storage::StoreFault& fault) {
    const bool is_page = fault.part == storage::StoreFault::Part::page;
    return store_text(fmt::format("checkpoint data (segment {}, {} {})", fault.segment_id,
                                  is_page ? "page" : "chunk", fault.index),
                      fault);
}

std::string log_text(const vsr::OpenFault& fault) {
    const std::string_view what = fault.log.log_class == storage::LogClass::lost
                                      ? "an acknowledged op can no longer be read"
                                      : "damage may hide acknowledged ops";
    const std::string op = fault.log.op.value > 0 ? fmt::format("op {}, ", fault.log.op.value) : "";
    return fmt::format(
        "the log is damaged: {} ({}log bytes {} to {}, {} such ranges; intact up to op {}); {}",
        what, op, fault.log.from.value, fault.log.to.value, fault.log_faults, fault.log_head.value,
        restore_advice);
}

std::string reason_text(const vsr::OpenFault& fault) {
    using Kind = vsr::OpenFault::Kind;
    switch (fault.kind) {
        case Kind::superblock:
            return superblock_text(fault);
        case Kind::newer_release:
            return fmt::format(
                "it was written by release {}, this program is release {}; use a "
                "newer program",
                wire::to_text(wire::Release{static_cast<std::uint32_t>(fault.found)}),
                wire::to_text(wire::release_server));
        case Kind::unsupported_cluster:
            return fmt::format(
                "it belongs to a cluster of {} replicas or to a standby; this "
                "version serves clusters of one replica only",
                fault.found);
        case Kind::checkpoint_manifest:
            return store_text("a checkpoint manifest", fault.store);
        case Kind::checkpoint_data:
            return data_text(fault.store);
        case Kind::checkpoint_inconsistent:
            return fmt::format("the checkpoint at op {} is intact but not a valid ledger; {}",
                               fault.found, restore_advice);
        case Kind::log:
            return log_text(fault);
        case Kind::none:
            break;
    }
    ELYTRA_ASSERT(false);
}

}  // namespace

std::string describe_open_fault(const std::string& path, const vsr::OpenFault& fault) {
    return fmt::format("cannot open data file ({}): {}", path, reason_text(fault));
}

}  // namespace elytra::cli
