#include "orchestrator/records/redaction.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace elytractl::records;

namespace {

std::string redacted(const Redaction& redaction, const std::string& text) {
    RedactionCounts counts;
    return redact(redaction, text, counts);
}

}  // namespace

TEST_CASE("names tell what is a secret, in letters of either size") {
    for (const char* const name : {"API_KEY", "GITHUB_TOKEN", "client-secret", "Password",
                                   "AWS_CREDENTIALS", "--auth-token"}) {
        CAPTURE(name);
        CHECK(is_secret_name(name));
    }
    for (const char* const name : {"PATH", "HOME", "--clients", "", "PASS", "TOKE"}) {
        CAPTURE(name);
        CHECK_FALSE(is_secret_name(name));
    }
}

TEST_CASE("values of variables are replaced wherever they stand, and counted") {
    const Redaction redaction =
        redaction_of({{"API_TOKEN", "hunter2!"}, {"PATH", "/usr/bin"}, {"A_KEY", "abc"}}, "");
    RedactionCounts counts;
    CHECK(redact(redaction, "x hunter2!hunter2! /usr/bin abc", counts) ==
          "x <secret><secret> /usr/bin abc");
    CHECK(counts.secrets == 2);
    CHECK(counts.homes == 0);
}

TEST_CASE("a secret is also found as JSON and HTML write it, and before a part of itself") {
    const Redaction redaction =
        redaction_of({{"A_SECRET", R"(a"b<c)"}, {"B_SECRET", "long"}, {"C_SECRET", "longer"}}, "");
    CHECK(redacted(redaction, R"("a\"b<c")") == R"("<secret>")");
    CHECK(redacted(redaction, "<p>a&quot;b&lt;c</p>") == "<p><secret></p>");
    CHECK(redacted(redaction, "longer long") == "<secret> <secret>");
}

TEST_CASE("home and machine are replaced as whole names only") {
    const Redaction redaction = redaction_of({{"HOME", "/home/otter/"}}, "brisk");
    RedactionCounts counts;
    CHECK(redact(redaction,
                 "/home/otter/runs /home/otters \"/home/otter\" brisk brisk-otter brisk.lan",
                 counts) == "<home>/runs /home/otters \"<home>\" <host> brisk-otter <host>.lan");
    CHECK(counts.homes == 2);
    CHECK(counts.hosts == 2);
    CHECK(redacted(redaction_of({{"HOME", "/"}}, "localhost"), "/a localhost") == "/a localhost");
}

TEST_CASE("assignments to the name of a secret lose their value where they stand") {
    const Redaction redaction = redaction_of({}, "");
    CHECK(redacted(redaction, "start --auth-token=abc --limit=5 DB_PASSWORD='x y'") ==
          "start --auth-token=<secret> --limit=5 DB_PASSWORD='x y'");
    CHECK(redacted(redaction, R"(["--key=abc","--key="])") == R"(["--key=<secret>","--key="])");
    Redaction page = redaction;
    page.assignments = false;
    CHECK(redacted(page, "keyCode=13") == "keyCode=13");
}

TEST_CASE("arguments and members of JSON show secrets that other files contain") {
    Redaction redaction = redaction_of({}, "");
    add_secrets(redaction, nlohmann::json::parse(R"({
        "command": ["elytractl", "--api-key=first", "--token", "second", "--limit", "fifty",
                    "--secret", "--verbose", "TOKEN=third"],
        "start": {"password": "fourth", "limit": "sixty", "key": 12345}})"));
    CHECK(redacted(redaction, "first second third fourth fifty sixty --verbose 12345") ==
          "<secret> <secret> <secret> <secret> fifty sixty --verbose 12345");
}

TEST_CASE("nothing is replaced where nothing is to be") {
    RedactionCounts counts;
    CHECK(redact({}, "TOKEN=abc /home/otter", counts) == "TOKEN=abc /home/otter");
    CHECK(counts.secrets + counts.homes + counts.hosts == 0);
}
