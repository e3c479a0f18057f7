#include "server/io/logging.hpp"

#include <cstdio>
#include <memory>
#include <regex>
#include <string>

#include <doctest/doctest.h>

#include "server/io/repeat_limit.hpp"

using namespace elytra;
using namespace elytra::io;

namespace {

// A stream whose text can be read back.
class Capture {
public:
    Capture() : stream_(std::tmpfile(), &std::fclose) { REQUIRE(stream_); }

    std::FILE* stream() const { return stream_.get(); }

    std::string text() const {
        std::rewind(stream_.get());
        std::string text(1024, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), stream_.get()));
        return text;
    }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream_;
};

const std::string stamp = R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z )";

}  // namespace

TEST_CASE("a log line has time, level, scope and text") {
    const Capture capture;
    const Log log(LogLevel::debug, capture.stream());
    log.error("text {}", 1);
    log.scoped("journal").warning("{} of {}", "one", 2);
    log.scoped("io").info("three");
    log.debug("four");
    const std::regex shape(stamp + "error: text 1\n" + stamp + "warning\\(journal\\): one of 2\n" +
                           stamp + "info\\(io\\): three\n" + stamp + "debug: four\n");
    const std::string text = capture.text();
    CAPTURE(text);
    CHECK(std::regex_match(text, shape));
}

TEST_CASE("lines below the threshold are dropped, in every scope") {
    const Capture capture;
    const Log log(LogLevel::warning, capture.stream());
    log.info("no");
    log.scoped("journal").debug("no");
    CHECK(capture.text().empty());
    log.scoped("journal").warning("yes");
    CHECK_FALSE(capture.text().empty());
}

TEST_CASE("braces in a logged value are not taken for a format") {
    const Capture capture;
    Log(LogLevel::info, capture.stream()).info("{}", "{broken");
    CHECK(capture.text().ends_with("info: {broken\n"));
}

TEST_CASE("a repeated event gets a line at first and then once a minute, with a count") {
    RepeatLimit limit;
    const std::uint64_t minute = RepeatLimit::quiet_nanoseconds;
    CHECK(limit.admit(Instant{5}) == 1);
    CHECK_FALSE(limit.admit(Instant{6}).has_value());
    CHECK_FALSE(limit.admit(Instant{4 + minute}).has_value());
    CHECK(limit.admit(Instant{5 + minute}) == 3);
    CHECK_FALSE(limit.admit(Instant{6 + minute}).has_value());
    CHECK(limit.admit(Instant{5 + 9 * minute}) == 2);
}
