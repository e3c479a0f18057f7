#include "bench/audit/findings.hpp"

#include <string>

#include <doctest/doctest.h>

using elytra::bench::Findings;

TEST_CASE("findings of one kind become one sentence with their number and the first case") {
    Findings findings;
    CHECK(findings.empty());
    findings.add("create_transfers: exists", "event 17");
    findings.add("create_transfers: exists", "event 18");
    findings.add("balances do not add up", "posted debits");
    CHECK(findings.sentences() ==
          std::vector<std::string>{"create_transfers: exists (2 times, first: event 17)",
                                   "balances do not add up: posted debits"});
}

TEST_CASE("the number of kinds is bounded") {
    Findings findings;
    for (int kind = 0; kind < 100; ++kind) findings.add(std::to_string(kind), "case");
    CHECK(findings.sentences().size() == Findings::kinds_max);
    CHECK(findings.sentences().back() == "other findings (81 times, first: case)");
}

TEST_CASE("merged findings add up by kind, and new kinds follow the known ones") {
    Findings findings;
    findings.add("lost", "account 1");
    Findings others;
    others.add("doubled", "account 2");
    others.add("lost", "account 3");
    others.add("lost", "account 4");
    findings.merge(others);
    CHECK(findings.sentences() ==
          std::vector<std::string>{"lost (3 times, first: account 1)", "doubled: account 2"});
    findings.merge(Findings());
    CHECK(findings.sentences().size() == 2);
}

TEST_CASE("merging keeps the number of kinds bounded, and every count") {
    Findings findings;
    Findings others;
    for (int kind = 0; kind < 25; ++kind) {
        others.add("a" + std::to_string(kind), "x");
        findings.add("b" + std::to_string(kind), "x");
    }
    findings.merge(others);
    REQUIRE(findings.sentences().size() == Findings::kinds_max);
    CHECK(findings.sentences().back() == "other findings (31 times, first: x)");
}
