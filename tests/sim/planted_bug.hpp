#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace elytra::sim {

// Lies that the world can tell the replica and its clients. A checker has to find each of them:
// they test the checkers. None of them is an announced fault.
enum class PlantedBug : std::uint8_t {
    none,
    cached_log_writes,  // durable writes to the log and the evidence stay in the cache
    cached_superblock_writes,
    dropped_flush,     // a flush completes without doing anything
    early_record,      // a record completes long before it is written
    early_evidence,    // the same for evidence
    lost_page_write,   // some writes of checkpoints leave no trace
    forged_reply,      // a timestamp in a reply is another, with correct checksums
    misplaced_reply,   // a reply says that it answers another op
    rolled_back_log,   // a restart finds log and evidence as the start before left them
    rolled_back_file,  // the same for the whole file
    early_merge,       // results of merges take the place of their inputs a cut early
    early_reuse,       // a new chunk takes a place that an openable checkpoint still needs
};

struct PlantedBugName {
    PlantedBug bug;
    std::string_view name;
};

inline constexpr std::array planted_bugs{
    PlantedBugName{PlantedBug::cached_log_writes, "cached_log_writes"},
    PlantedBugName{PlantedBug::cached_superblock_writes, "cached_superblock_writes"},
    PlantedBugName{PlantedBug::dropped_flush, "dropped_flush"},
    PlantedBugName{PlantedBug::early_record, "early_record"},
    PlantedBugName{PlantedBug::early_evidence, "early_evidence"},
    PlantedBugName{PlantedBug::lost_page_write, "lost_page_write"},
    PlantedBugName{PlantedBug::forged_reply, "forged_reply"},
    PlantedBugName{PlantedBug::misplaced_reply, "misplaced_reply"},
    PlantedBugName{PlantedBug::rolled_back_log, "rolled_back_log"},
    PlantedBugName{PlantedBug::rolled_back_file, "rolled_back_file"},
    PlantedBugName{PlantedBug::early_merge, "early_merge"},
    PlantedBugName{PlantedBug::early_reuse, "early_reuse"},
};

}  // namespace elytra::sim
