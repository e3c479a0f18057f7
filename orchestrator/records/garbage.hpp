#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/records/run_index.hpp"
#include "server/common/time.hpp"

namespace elytractl::records {

// Which runs may go: those named, or those beyond the youngest `keep` and older than so many days,
// where both are given.
struct GarbageRule {
    std::vector<std::string> named;  // ids
    std::optional<std::uint64_t> keep;
    std::optional<std::uint64_t> older_than_days;
};

struct KeptRun {
    std::string run;
    std::string reason;  // "it has the tag main"
};

struct GarbagePlan {
    std::vector<std::string> remove;
    std::vector<KeptRun> kept;  // of those that the rule is about
};

// Never a run with a tag, never one that is running, and never the youngest, whose number would be
// given again.
GarbagePlan plan_garbage(const std::vector<RunRow>& rows, const GarbageRule& rule,
                         elytra::WallTime now);

// "2026-11-21T15:00:00Z" as the result has it; none for another text.
std::optional<elytra::WallTime> parse_time(const std::string& text);

}  // namespace elytractl::records
