#include "orchestrator/records/bundle.hpp"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/support/temp_directory.hpp"
#include "tests/unit/orchestrator/records/example_run.hpp"

using namespace elytractl::records;

namespace {

std::uint64_t kept_of(const std::vector<BundlePart>& parts, const std::string& name) {
    for (const BundlePart& part : parts) {
        if (part.name == name) return part.kept();
    }
    return UINT64_MAX;
}

BundlePart whole(const char* name, std::uint64_t size) {
    return {.name = name, .size = size, .first = size};
}

}  // namespace

TEST_CASE("within the budget everything but the lock and a bundle is packed") {
    RunContent content;
    content.files = {
        {"lock", 10}, {"bundle.tar.zst", 9}, {"result.json", 1000}, {"logs/m0-r0.log", 5000}};
    const std::vector<BundlePart> parts = plan_bundle(content, 6000);
    CHECK(parts.size() == 2);
    CHECK(kept_of(parts, "result.json") == 1000);
    CHECK(kept_of(parts, "logs/m0-r0.log") == 5000);
}

TEST_CASE("beyond the budget logs lose their middle and histograms go first") {
    RunContent content;
    content.files = {{"hdr/m0.hlog", 3000}, {"logs/m0-r0.log", 9000}, {"result.json", 1000}};
    const std::vector<BundlePart> parts = plan_bundle(content, 6000);
    CHECK(kept_of(parts, "result.json") == 1000);
    CHECK(kept_of(parts, "logs/m0-r0.log") == 5000);
    CHECK(parts[1].first == 1250);
    CHECK(parts[1].last == 3750);
    CHECK(kept_of(parts, "hdr/m0.hlog") == 0);
}

TEST_CASE("a result larger than the budget is left out, not cut") {
    RunContent content;
    content.files = {{"result.json", 7000}, {"plan.json", 100}};
    const std::vector<BundlePart> parts = plan_bundle(content, 6000);
    CHECK(kept_of(parts, "result.json") == 0);
    CHECK(kept_of(parts, "plan.json") == 100);
}

TEST_CASE("an archive never replaces a file and is not left half written") {
    const elytra::test::TempDirectory directory;
    const std::string run = directory.path("0001-brisk-otter");
    test::write(run + "/result.json", "{}");
    test::write(directory.path("mine"), "mine");
    const std::vector<BundlePart> parts{whole("result.json", 2)};
    CHECK_FALSE(write_bundle(directory.path("mine"), run, parts, {}).has_value());
    CHECK(write_bundle(directory.path("a.tar.zst"), run, parts, {}).has_value());
    CHECK(std::filesystem::file_size(directory.path("a.tar.zst")) > 100);
    const std::vector<BundlePart> gone{whole("plan.json", 2)};
    CHECK_FALSE(write_bundle(directory.path("b.tar.zst"), run, gone, {}).has_value());
    CHECK_FALSE(std::filesystem::exists(directory.path("b.tar.zst")));
}

TEST_CASE("a link is not followed into the archive") {
    const elytra::test::TempDirectory directory;
    const std::string run = directory.path("0001-brisk-otter");
    test::write(run + "/result.json", "{}");
    std::filesystem::create_symlink("/etc/passwd", run + "/plan.json");
    const std::vector<BundlePart> parts{whole("plan.json", 2)};
    CHECK_FALSE(write_bundle(directory.path("a.tar.zst"), run, parts, {}).has_value());
}
