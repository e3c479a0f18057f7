#pragma once

#include <cstdint>

#include "server/common/strong.hpp"
#include "server/storage/checkpoint_store.hpp"
#include "server/storage/log_classes.hpp"
#include "server/storage/superblock.hpp"

namespace elytra::vsr {

// Why a replica refuses to open its data file, or to go on with it. None of them changes the file.
struct OpenFault {
    enum class Kind : std::uint8_t {
        none,
        superblock,               // `superblock` tells why
        newer_release,            // the file was written by release `found`
        unsupported_cluster,      // `found` voting replicas; this build serves one
        checkpoint_manifest,      // `store`
        checkpoint_data,          // `store`: a chunk, or a page of one
        checkpoint_inconsistent,  // intact, but not a state of the ledger: of op `found`
        log,                      // `log`: acknowledged ops that cannot be read
    };

    Kind kind = Kind::none;
    std::uint64_t found = 0;
    storage::SuperblockFailure superblock{};
    storage::StoreFault store{};
    storage::LogFault log{};
    std::uint64_t log_faults = 0;  // how many such ranges there are; `log` is the first
    Op log_head{};                 // the newest op that the log can still deliver
};

}  // namespace elytra::vsr
