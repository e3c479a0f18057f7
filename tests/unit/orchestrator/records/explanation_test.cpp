#include "orchestrator/records/explanation.hpp"

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

namespace {

StoredRun failed(const elytra::test::TempDirectory& directory) {
    StoredRun run;
    run.id = "0042-brisk-otter";
    run.folder = directory.path(run.id);
    run.result = test::example_result();
    run.result["run"]["exit_code"] = 5;
    run.result["verdict"] = {
        {"word", "INVALID"},
        {"reasons", {{{"code", "x"}, {"severity", "invalid"}, {"text", "A member died."}}}}};
    nlohmann::json& member = run.result["measurements"][1]["members"][0];
    member["reason"] = "out_of_memory";
    member["reason_text"] = "killed by the kernel, because memory was full";
    run.result["thresholds"][0]["passed"] = false;
    test::write(run.folder + "/logs/m1-r0.log", "starting\nlast words\n");
    return run;
}

bool has_line(const nlohmann::json& explanation, const std::string& piece) {
    for (const auto& line : explanation["lines"]) {
        if (line.get<std::string>().find(piece) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("what went wrong is told in ten lines at most") {
    const elytra::test::TempDirectory directory;
    StoredRun run = failed(directory);
    const auto explanation = explanation_json(run);
    for (const char* const piece :
         {"INVALID, exit status 5", "A member died.", "batch.p99", "out_of_memory",
          "memory was full", "last words", "elytractl bench --rate=100000"}) {
        CAPTURE(piece);
        CHECK(has_line(explanation, piece));
    }
    for (int error = 0; error < 30; ++error) {
        run.result["measurements"][0]["errors"].push_back("an error");
    }
    const auto longer = explanation_json(run);
    CHECK(longer["lines"].size() == 10);
    CHECK(has_line(longer, "folder: "));
}

TEST_CASE("a run that was killed is told from one that gave up") {
    const elytra::test::TempDirectory directory;
    StoredRun run = failed(directory);
    run.result["run"]["state"] = "incomplete";
    CHECK(has_line(explanation_json(run), "was given up, 2 measured, and ended INVALID"));
    run.result["run"]["ended"] = nullptr;
    CHECK(has_line(explanation_json(run), "was ended from outside before it was done, 2 measured"));
}

TEST_CASE("wrong answers are named") {
    const elytra::test::TempDirectory directory;
    StoredRun run = failed(directory);
    run.result["measurements"][0]["audit"]["findings"] = {"transfer 7: exists instead of created"};
    CHECK(has_line(explanation_json(run), "wrong answer: transfer 7"));
}

TEST_CASE("a log outside of the folder is not opened") {
    const elytra::test::TempDirectory directory;
    StoredRun run = failed(directory);
    test::write(directory.path("secret"), "secret words");
    for (const char* const log : {"logs/../../secret", "../secret", "/etc/hostname"}) {
        run.result["measurements"][1]["members"][0]["log"] = log;
        CHECK_FALSE(has_line(explanation_json(run), "logged last"));
    }
}

TEST_CASE("runs that failed, did not end, or gave no numbers need an explanation") {
    const auto needs = [](const char* state, int code, const char* word) {
        return needs_explanation(
            {{"run", {{"state", state}, {"exit_code", code}}}, {"verdict", {{"word", word}}}});
    };
    CHECK_FALSE(needs("complete", 0, "USABLE"));
    CHECK_FALSE(needs("complete", 0, "USABLE WITH CARE"));
    CHECK_FALSE(needs("running", 0, ""));
    CHECK(needs("complete", 8, "USABLE"));
    CHECK(needs("complete", 0, "INVALID"));
    CHECK(needs("complete", 0, "INCONCLUSIVE"));
    CHECK(needs("incomplete", 0, ""));
}

TEST_CASE("a result with nothing in it is explained without harm") {
    StoredRun run;
    run.id = "0001-a-a";
    run.problem = "result.json is damaged";
    run.result = {{"run", {{"state", "incomplete"}}}, {"measurements", {1, {{"members", {2}}}}}};
    CHECK(explanation_text(explanation_json(run)).find("damaged") != std::string::npos);
}
