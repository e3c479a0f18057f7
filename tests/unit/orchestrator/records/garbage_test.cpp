#include "orchestrator/records/garbage.hpp"

#include <doctest/doctest.h>

using namespace elytractl::records;

namespace {

constexpr std::uint64_t day = 24 * 3600 * elytra::nanoseconds_per_second;

RunRow row(const std::string& id, const std::string& started, const std::string& state = "complete",
           const std::vector<std::string>& tags = {}) {
    RunRow made;
    made.id = id;
    made.started = started;
    made.state = state;
    made.tags = tags;
    return made;
}

const std::vector<RunRow> rows{row("0001-a-a", "2026-11-01T00:00:00Z"),
                               row("0002-a-a", "2026-11-05T00:00:00Z", "complete", {"main"}),
                               row("0003-a-a", "2026-11-10T00:00:00Z", "incomplete"),
                               row("0004-a-a", "2026-11-19T00:00:00Z", "running"),
                               row("0005-a-a", "2026-11-20T00:00:00Z")};
const elytra::WallTime now{
    parse_time("2026-11-21T12:00:00Z").value_or(elytra::WallTime{}).nanoseconds};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("times are read as the result writes them") {
    CHECK(parse_time("1970-01-02T00:00:00Z")->nanoseconds == day);
    CHECK_FALSE(parse_time("").has_value());
    CHECK_FALSE(parse_time("yesterday").has_value());
}

TEST_CASE("tagged, running and youngest runs always stay") {
    const GarbagePlan plan =
        plan_garbage(rows, {.named = {}, .keep = 0, .older_than_days = {}}, now);
    CHECK(plan.remove == Ids{"0001-a-a", "0003-a-a"});
    REQUIRE(plan.kept.size() == 3);
    CHECK(plan.kept[0].reason == "it has the tag main");
    CHECK(plan.kept[1].reason == "it is running");
}

TEST_CASE("both rules must agree where both are given") {
    const auto removed = [](std::optional<std::uint64_t> keep, std::optional<std::uint64_t> days) {
        return plan_garbage(rows, {.named = {}, .keep = keep, .older_than_days = days}, now).remove;
    };
    CHECK(removed(3, {}) == Ids{"0001-a-a"});
    CHECK(removed({}, 11) == Ids{"0001-a-a", "0003-a-a"});
    CHECK(removed({}, 12) == Ids{"0001-a-a"});
    CHECK(removed(4, 11) == Ids{"0001-a-a"});
    CHECK(removed(5, 0).empty());
}

TEST_CASE("a run whose start is unknown is never old") {
    const std::vector<RunRow> unknown{row("0001-a-a", ""), row("0002-a-a", "")};
    CHECK(
        plan_garbage(unknown, {.named = {}, .keep = {}, .older_than_days = 0}, now).remove.empty());
}

TEST_CASE("a run that is named goes unless it is protected") {
    const GarbageRule rule{.named = {"0001-a-a", "0002-a-a"}, .keep = {}, .older_than_days = {}};
    const GarbagePlan plan = plan_garbage(rows, rule, now);
    CHECK(plan.remove == Ids{"0001-a-a"});
    REQUIRE(plan.kept.size() == 1);
    CHECK(plan.kept[0].run == "0002-a-a");
}
