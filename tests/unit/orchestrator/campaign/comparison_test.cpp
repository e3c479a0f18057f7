#include "orchestrator/campaign/comparison.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace elytractl;
using campaign::Measured;

namespace {

std::vector<report::Subject> two_subjects() {
    std::vector<report::Subject> subjects(2);
    subjects[0].name = "a";
    subjects[1].name = "b";
    return subjects;
}

Measured measured(std::uint32_t block, std::uint32_t subject, double throughput) {
    Measured one;
    one.block = block;
    one.subject = subject;
    one.metrics["throughput"] = throughput;
    return one;
}

// Blocks of a and b in turned order, b being `ratio` times as fast, with a little noise.
std::vector<Measured> run_of(std::uint32_t pairs, double ratio) {
    std::vector<Measured> all;
    for (std::uint32_t block = 0; block < pairs; ++block) {
        const double level = 1000 + block;
        const bool b_first = block % 2 == 1;
        all.push_back(measured(block, b_first ? 1 : 0, b_first ? level * ratio : level));
        all.push_back(measured(block, b_first ? 0 : 1, b_first ? level + 1 : level * ratio));
    }
    return all;
}

void add_noise(std::vector<Measured>& all, std::uint32_t block, double first, double second) {
    all.push_back(measured(block, 0, first));
    all.back().role = plan::Role::noise;
    all.push_back(measured(block, 0, second));
    all.back().role = plan::Role::noise;
}

}  // namespace

TEST_CASE("pairs are those of a block whichever subject came first") {
    const std::vector<Measured> all = run_of(8, 1.1);
    const report::Comparison comparison = campaign::compare_subjects(all, two_subjects(), 0.05);
    CHECK(comparison.pairs == 8);
    REQUIRE(comparison.blocks.size() == 8);
    CHECK(comparison.blocks[0] == std::vector<std::string>{"a", "b"});
    CHECK(comparison.blocks[1] == std::vector<std::string>{"b", "a"});
    const auto& throughput = comparison.metrics.at("throughput");
    CHECK(throughput.ratio == doctest::Approx(1.1).epsilon(0.01));
    CHECK(throughput.difference == statistics::Difference::better);
    CHECK_FALSE(comparison.noise_floor.has_value());
}

TEST_CASE("a difference within the noise of one subject against itself is none") {
    std::vector<Measured> all = run_of(8, 1.1);
    add_noise(all, 100, 1000, 1300);
    add_noise(all, 101, 1300, 1000);
    const report::Comparison comparison = campaign::compare_subjects(all, two_subjects(), 0.05);
    REQUIRE(comparison.noise_floor.has_value());
    CHECK(*comparison.noise_floor > 0.1);
    CHECK(comparison.pairs == 8);
    CHECK(comparison.metrics.at("throughput").difference != statistics::Difference::better);
}

TEST_CASE("a block of which one half did not complete is no pair") {
    std::vector<Measured> all = run_of(8, 1.1);
    all[5].completion = run::Completion::timed_out;
    CHECK(campaign::complete_pairs(all) == 7);
    CHECK(campaign::compare_subjects(all, two_subjects(), 0.05).pairs == 7);
}
