#include "orchestrator/host/doctor_report.hpp"

#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace elytractl::host;

namespace {

const std::vector<Finding> mixed = {
    {.id = "a", .level = Level::ok, .text = "first", .value = "1", .advice = ""},
    {.id = "b", .level = Level::warn, .text = "second", .value = "2", .advice = "do this"},
    {.id = "c", .level = Level::note, .text = "third", .value = "3", .advice = ""},
};

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("a narrow terminal gets one list with what is not in order at its end") {
    CHECK(doctor_text(mixed, 80) ==
          " ok   first\n"
          " note third\n"
          " warn second; do this\n");
}

TEST_CASE("a wide terminal gets two columns, what is not in order on the right") {
    const auto lines = lines_of(doctor_text(mixed, 100));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == " ok   first" + std::string(40, ' ') + " warn second; do this");
    CHECK(lines[1] == " note third");
}

TEST_CASE("long texts are wrapped below their beginning and stay within the width") {
    const std::string words =
        "a text of many words that does not fit into one line of forty letters";
    const std::vector<Finding> findings = {
        {.id = "a", .level = Level::ok, .text = words, .value = "", .advice = ""}};
    for (const std::size_t width : {40U, 60U, 200U}) {
        std::string joined;
        for (const std::string& line : lines_of(doctor_text(findings, width))) {
            CHECK(line.size() <= width);
            joined += (joined.empty() ? "" : " ") + line.substr(6);
        }
        CHECK(joined == words);
    }
}

TEST_CASE("without any warning a wide terminal gets one list") {
    const std::vector<Finding> findings = {mixed[0], mixed[2]};
    CHECK(doctor_text(findings, 200) == " ok   first\n note third\n");
}

TEST_CASE("the JSON has every finding, the verdict and the facts") {
    const nlohmann::json json = doctor_json(mixed, HostFacts{});
    CHECK(json["schema"] == "elytractl-doctor/1");
    CHECK(json["suitable"] == true);
    REQUIRE(json["findings"].size() == 3);
    CHECK(json["findings"][1] == nlohmann::json({{"id", "b"},
                                                 {"level", "warn"},
                                                 {"text", "second"},
                                                 {"value", "2"},
                                                 {"advice", "do this"}}));
    CHECK(json["facts"].contains("io_uring_error"));
    CHECK(json["facts"]["directory"]["write_latency"].is_null());
}
