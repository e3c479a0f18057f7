#include "orchestrator/spec/schema.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "orchestrator/spec/check.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"
#include "orchestrator/spec/start_file.hpp"

using namespace elytractl::spec;

namespace {

const std::filesystem::path configs =
    std::filesystem::path(ELYTRA_TEST_DATA).parent_path().parent_path() / "configs";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("the schema in configs is the one that the program prints") {
    // After a change of the keys: elytractl schema > configs/schema/bench.schema.json
    CHECK(read_file(configs / "schema" / "bench.schema.json") == bench_schema_text());
}

TEST_CASE("every run file in configs is valid, short, and named as its file") {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(configs)) {
        if (entry.path().extension() != ".json") continue;
        CAPTURE(entry.path());
        const auto spec = load_bench_spec({.files = {entry.path().string()}});
        if (!spec.has_value()) FAIL_CHECK(to_text(spec.error().front()));
        REQUIRE(spec.has_value());
        CHECK(spec->name == entry.path().stem());
        const std::string text = read_file(entry.path());
        CHECK(std::count(text.begin(), text.end(), '\n') <= 40);
        ++count;
    }
    CHECK(count >= 8);
}

TEST_CASE("the file to start from is valid") {
    const auto document = read_document(start_file(), "start");
    REQUIRE(document.has_value());
    REQUIRE(check(*document, Extent::whole).empty());
    const auto spec = build_bench_spec(*document);
    if (!spec.has_value()) FAIL_CHECK(to_text(spec.error().front()));
    CHECK(spec.has_value());
}
