#include "orchestrator/records/garbage.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "server/common/int.hpp"

namespace elytractl::records {
namespace {

constexpr std::uint64_t day_nanoseconds = 24 * 3600 * elytra::nanoseconds_per_second;

// Why a run must stay, whatever the rule says.
std::string protection_of(const RunRow& row, bool youngest) {
    if (!row.tags.empty()) return fmt::format("it has the tag {}", row.tags.front());
    if (row.state == "running") return "it is running";
    if (youngest) return "it is the youngest, and its number must not be given again";
    return "";
}

bool is_old(const RunRow& row, std::uint64_t days, elytra::WallTime now) {
    const std::optional<elytra::WallTime> started = parse_time(row.started);
    if (!started || started->nanoseconds > now.nanoseconds) return false;
    return (now.nanoseconds - started->nanoseconds) / day_nanoseconds >= days;
}

}  // namespace

std::optional<elytra::WallTime> parse_time(const std::string& text) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (end == nullptr) return std::nullopt;
    const std::time_t seconds = ::timegm(&parts);
    if (seconds < 0) return std::nullopt;
    return elytra::WallTime{elytra::narrow<std::uint64_t>(seconds) *
                            elytra::nanoseconds_per_second};
}

GarbagePlan plan_garbage(const std::vector<RunRow>& rows, const GarbageRule& rule,
                         elytra::WallTime now) {
    GarbagePlan plan;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        const RunRow& row = rows[index];
        const std::size_t younger = rows.size() - 1 - index;
        const bool named = std::ranges::count(rule.named, row.id) > 0;
        if (!rule.named.empty() && !named) continue;
        if (rule.keep && younger < *rule.keep) continue;
        if (rule.older_than_days && !is_old(row, *rule.older_than_days, now)) continue;
        const std::string protection = protection_of(row, younger == 0);
        if (protection.empty()) {
            plan.remove.push_back(row.id);
        } else {
            plan.kept.push_back({row.id, protection});
        }
    }
    return plan;
}

}  // namespace elytractl::records
