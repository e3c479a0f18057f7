#include "orchestrator/spec/check.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "orchestrator/spec/keys.hpp"

using namespace elytractl::spec;

namespace {

Problems problems_of(std::string_view text) {
    const auto document = read_document(text, "f");
    REQUIRE(document.has_value());
    return sorted(check(*document, Extent::whole));
}

// A value that fits the kind, so that only what is around it can be wrong.
Json example(const Key& key) {
    switch (key.kind) {
        case ValueKind::object:
        case ValueKind::start_flags:
        case ValueKind::matrix:
            return Json::object();
        case ValueKind::list:
            return Json::array();
        default:
            return nullptr;
    }
}

// A document in which the last key of a pointer is misspelled; lists have one item.
Document misspelled(std::string_view pointer, const std::string& last, const Json& value) {
    std::vector<std::string> keys = pointer_keys(pointer);
    keys.back() = last;
    Json document = value;
    for (; !keys.empty(); keys.pop_back()) {
        Json around = keys.back() == "*" ? Json::array() : Json::object();
        if (keys.back() == "*") {
            around.push_back(document);
        } else {
            around[keys.back()] = document;
        }
        document = around;
    }
    return Document{.value = document, .places = {}, .key_places = {}};
}

}  // namespace

TEST_CASE("every key of the table, misspelled once, is refused with the right one suggested") {
    std::size_t count = 0;
    for (const Key& key : keys()) {
        if (key.pointer.empty() || key.pointer.ends_with('*')) continue;
        CAPTURE(key.pointer);
        const std::string name = pointer_keys(key.pointer).back();
        const std::string wrong = name + name.back();
        const Problems problems =
            check(misspelled(key.pointer, wrong, example(key)), Extent::layer);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].rule == "there is no such key");
        CHECK(problems[0].suggestion == name);
        CHECK(problems[0].pointer.ends_with("/" + wrong));
        CHECK(check(misspelled(key.pointer, name, nullptr), Extent::layer).empty());
        ++count;
    }
    CHECK(count > 50);
}

TEST_CASE("every default of the table fits its own key") {
    for (const Key& key : keys()) {
        if (key.default_text.empty()) continue;
        CAPTURE(key.pointer);
        const Json value = Json::parse(key.default_text);
        CHECK(broken_rule(key, value).value_or("") == "");
    }
}

TEST_CASE("every key has a description, and its own place in the table") {
    for (const Key& key : keys()) {
        CAPTURE(key.pointer);
        CHECK_FALSE(key.description.empty());
        CHECK(find_key(key.pointer) == &key);
    }
}

TEST_CASE("what is wrong is named with place, pointer, value and rule") {
    struct Row {
        std::string_view text;
        std::string_view problem;
    };

    const Row rows[] = {
        {R"([])", "f:1:1 ([]): must be an object"},
        {R"({"load": 1})", "f:1:10: /load (1): must be an object"},
        {R"({"load": {"clients": 0}})",
         "f:1:22: /load/clients (0): must be a whole number from 1 to 64"},
        {R"({"load": {"clients": 65}})",
         "f:1:22: /load/clients (65): must be a whole number from 1 to 64"},
        {R"({"load": {"clients": 1.5}})",
         "f:1:22: /load/clients (1.5): must be a whole number from 1 to 64"},
        {R"({"load": {"clients": -1}})",
         "f:1:22: /load/clients (-1): must be a whole number from 1 to 64"},
        {R"({"load": {"clients": "4"}})",
         "f:1:22: /load/clients (\"4\"): must be a whole number from 1 to 64"},
        {R"({"load": {"audit": "no"}})", "f:1:20: /load/audit (\"no\"): must be true or false"},
        {R"({"load": {"distribution": "zipfan"}})",
         "f:1:27: /load/distribution (\"zipfan\"): must be one of uniform, zipfian, latest, hot; "
         "did you mean \"zipfian\"?"},
        {R"({"load": {"linger": 2}})",
         "f:1:21: /load/linger (2): must be a duration such as \"250ms\" from 0ns to 10s"},
        {R"({"load": {"linger": "11s"}})",
         "f:1:21: /load/linger (\"11s\"): must be a duration such as \"250ms\" from 0ns to 10s"},
        {R"({"load": {"linger": "2"}})",
         "f:1:21: /load/linger (\"2\"): must be a duration such as \"250ms\" from 0ns to 10s; has "
         "no unit; write ns, us, ms, s, m or h, for example 250ms, 30s or 5m"},
        {R"({"load": {"arrival": {"rate": "fast"}}})",
         "f:1:31: /load/arrival/rate (\"fast\"): must be a rate such as \"150k/s\" from 1/s to "
         "1000M/s, or \"auto\"; write for example 150k/s"},
        {R"({"load": {"arrival": {"steps": []}}})",
         "f:1:32: /load/arrival/steps ([]): must have 1 to 100 items"},
        {R"({"load": {"arrival": {"steps": ["50%", true]}}})",
         "f:1:40: /load/arrival/steps/1 (true): must be a percentage such as \"0.5%\", or a "
         "fraction, from 0.1% to 1000%"},
        {R"({"name": "../x"})",
         "f:1:10: /name (\"../x\"): must be a name of letters, digits, '.', '_' and '-', at most "
         "64"},
        {R"({"cluster": {"binary": ""}})", "f:1:24: /cluster/binary (\"\"): must be a text"},
        {R"({"cluster": {"start": {"cache-grid": 1}}})",
         "f:1:24: /cluster/start/cache-grid: must be a flag in small letters, digits and '_'"},
        {R"({"cluster": {"start": {"cache_grid": []}}})",
         "f:1:38: /cluster/start/cache_grid ([]): must be a text, a number, true or false"},
        {R"({"measure": {"percentiles": [50, 100]}})",
         "f:1:34: /measure/percentiles/1 (100): must be a number from 0.001 to 99.99999"},
        {R"({"measure": {"percentiles": [null]}})",
         "f:1:30: /measure/percentiles/0 (null): a list cannot contain null"},
        {R"({"thresholds": [{"metric": "batch.99"}]})",
         "f:1:28: /thresholds/0/metric (\"batch.99\"): is not a metric; did you mean "
         "\"batch.p99\"?"},
        {R"({"thresholds": [{"max": "fast"}]})",
         "f:1:25: /thresholds/0/max (\"fast\"): must be a number, or a text such as \"40ms\", "
         "\"100k/s\", \"2GiB\" or \"0.1%\""},
        {R"({"kind": "bnech"})",
         "f:1:10: /kind (\"bnech\"): must be \"bench\"; did you mean \"bench\"?"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Problems problems = problems_of(row.text);
        REQUIRE(problems.size() == 1);
        CHECK(to_text(problems[0]) == row.problem);
    }
}

TEST_CASE("a matrix varies keys of the table with values that fit them") {
    struct Row {
        std::string_view matrix;
        std::string_view problem;  // empty: none
    };

    const Row rows[] = {
        {R"({"/load/clients": [1, 4], "exclude": [{"/load/clients": 4}]})", ""},
        {R"({"/cluster/start/cache_grid": ["1GiB", 5, true]})", ""},
        {R"({"/load/arrival": [{"model": "closed"}, {"rate": 5}]})", ""},
        {R"({"/load/cleints": [1]})",
         "f:1:13: /matrix/~1load~1cleints: must be the pointer of a key of /cluster, /load or "
         "/measure, or \"exclude\"; did you mean \"/load/clients\"?"},
        {R"({"/report/dir": ["a"]})",
         "f:1:13: /matrix/~1report~1dir: must be the pointer of a key of /cluster, /load or "
         "/measure, or \"exclude\""},
        {R"({"/load/clients": []})",
         "f:1:30: /matrix/~1load~1clients ([]): must be a list of one or more values of "
         "/load/clients"},
        {R"({"/load/clients": [1, 0]})",
         "f:1:34: /matrix/~1load~1clients/1 (0): must be a whole number from 1 to 64"},
        {R"({"/load/arrival": [{"modle": "closed"}]})",
         "f:1:32: /matrix/~1load~1arrival/0/modle: there is no such key; did you mean \"model\"?"},
        {R"({"/load/clients": [1], "exclude": [{"/load/client": 1}]})",
         "f:1:48: /matrix/exclude/0/~1load~1client: is not an axis of the matrix; did you mean "
         "\"/load/clients\"?"},
        {R"({"/load/clients": [1], "exclude": [{"/load/clients": 2}]})",
         "f:1:65: /matrix/exclude/0/~1load~1clients (2): is not a value of this axis"},
        {R"({"/load/clients": [1], "exclude": [{}]})",
         "f:1:47: /matrix/exclude/0 ({}): must be an object with a value for one or more axes of "
         "the matrix"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.matrix);
        const Problems problems = problems_of(R"({"matrix": )" + std::string(row.matrix) + "}");
        CHECK(problems.size() == (row.problem.empty() ? 0 : 1));
        if (problems.size() == 1) CHECK(to_text(problems[0]) == row.problem);
    }
}

TEST_CASE("all problems of a document are found, in the order of the file") {
    const Problems problems = problems_of(
        "{\"measure\": {\"repeat\": 0},\n"
        " \"lod\": {},\n"
        " \"load\": {\"clients\": 0, \"threads\": \"x\"}}");
    REQUIRE(problems.size() == 4);
    CHECK(problems[0].pointer == "/measure/repeat");
    CHECK(problems[1].pointer == "/lod");
    CHECK(problems[1].suggestion == "load");
    CHECK(problems[2].pointer == "/load/clients");
    CHECK(problems[3].pointer == "/load/threads");
}
