#include "orchestrator/records/run_table.hpp"

#include <doctest/doctest.h>

#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

namespace {

MetricRow value(const std::string& run, double throughput) {
    MetricRow row;
    row.run = run;
    row.cell = "{\"/load/clients\":4}";
    row.metric = "throughput";
    row.value = throughput;
    return row;
}

RunRow named(const std::string& id, const std::string& state) {
    RunRow row;
    row.id = id;
    row.state = state;
    row.verdict = "USABLE";
    return row;
}

}  // namespace

TEST_CASE("a list has the median of each metric, and the state of a run that is not complete") {
    const auto list =
        run_list_json({named("0001-a-a", "complete"), named("0002-a-a", "incomplete")},
                      {value("0001-a-a", 1), value("0001-a-a", 3), value("0001-a-a", 2)});
    CHECK(list[0]["metrics"]["throughput"] == 2);
    CHECK(list[1]["metrics"].empty());
    const std::string text = run_list_text(list);
    CHECK(text.find("USABLE") != std::string::npos);
    CHECK(text.find("incomplete") != std::string::npos);
    CHECK(text.find("USABLE") == text.rfind("USABLE"));
    CHECK(run_list_text(nlohmann::json::array()) == "no runs\n");
}

TEST_CASE("the page of a run tells what was run and what came out") {
    StoredRun run;
    run.id = "0042-brisk-otter";
    run.folder = "runs/0042-brisk-otter";
    run.result = test::example_result();
    run.tags = {"main"};
    const std::string text = run_page_text(run_page_json(run, {"result.json"}));
    for (const char* const piece : {"0042-brisk-otter", "--rate=100000", "clients=4", "throughput",
                                    "USABLE WITH CARE", "share 2 processors", "main"}) {
        CAPTURE(piece);
        CHECK(text.find(piece) != std::string::npos);
    }
}

TEST_CASE("the page of a lost result is short and does not fail") {
    StoredRun run;
    run.result = {{"run", {{"state", "incomplete"}}}};
    run.problem = "there is no result.json";
    CHECK(run_page_text(run_page_json(run, {})).find("no result.json") != std::string::npos);
}

TEST_CASE("exported cells that need quotes have them") {
    MetricRow row = value("0001-a-a", 2.5);
    row.name = "a,b";
    row.rate = 100'000;
    const std::string text = metrics_csv({row});
    CHECK(text.find(
              "0001-a-a,,\"a,b\",,0,,\"{\"\"/load/clients\"\":4}\",100000,0,throughput,2.5\n") !=
          std::string::npos);
    const auto list = metrics_json({row});
    CHECK(list[0]["cell"]["/load/clients"] == 4);
    CHECK(list[0]["rate"] == 100'000);
}
