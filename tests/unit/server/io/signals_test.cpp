#include "server/io/signals.hpp"

#include <array>
#include <csignal>
#include <optional>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "server/io/file_descriptor.hpp"
#include "server/io/stdin_watch.hpp"
#include "tests/support/run_loop.hpp"

using namespace elytra::io;
using elytra::test::run_until;

namespace {

// Puts another descriptor in the place of standard input for the life of the object.
class InputReplacement {
public:
    explicit InputReplacement(int descriptor) : original_(dup(STDIN_FILENO)) {
        REQUIRE(dup2(descriptor, STDIN_FILENO) == STDIN_FILENO);
    }

    InputReplacement(const InputReplacement&) = delete;
    InputReplacement& operator=(const InputReplacement&) = delete;

    ~InputReplacement() { dup2(original_.get(), STDIN_FILENO); }

private:
    FileDescriptor original_;
};

struct Pipe {
    FileDescriptor reading;
    FileDescriptor writing;

    Pipe() {
        std::array<int, 2> ends{};
        REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
        reading.reset(ends[0]);
        writing.reset(ends[1]);
    }
};

}  // namespace

TEST_CASE("the first signal to end is reported, and leaves the default to the second") {
    for (const int wanted : {SIGINT, SIGTERM, SIGHUP}) {
        asio::io_context loop;
        std::optional<int> reported;
        const EndSignals signals(loop, [&](int signal) { reported = signal; });
        REQUIRE(std::raise(wanted) == 0);
        run_until(loop, [&] { return reported.has_value(); });
        CHECK(*reported == wanted);

        struct sigaction now {};

        REQUIRE(sigaction(wanted, nullptr, &now) == 0);
        CHECK((now.sa_handler == SIG_DFL));
    }
}

TEST_CASE("signals to end that repeat are all reported, and leave the default behind") {
    {
        asio::io_context loop;
        std::uint32_t reported = 0;
        const RepeatedEndSignals signals(loop, [&](std::uint32_t count) { reported = count; });
        for (const int wanted : {SIGINT, SIGINT, SIGTERM}) {
            const std::uint32_t before = reported;
            REQUIRE(std::raise(wanted) == 0);
            run_until(loop, [&] { return reported > before; });
        }
        CHECK(reported == 3);
    }

    struct sigaction now {};

    REQUIRE(sigaction(SIGINT, nullptr, &now) == 0);
    CHECK((now.sa_handler == SIG_DFL));
}

TEST_CASE("standard input is reported at its first byte or at its end") {
    for (const bool with_byte : {true, false}) {
        CAPTURE(with_byte);
        Pipe pipe;
        const InputReplacement input(pipe.reading.get());
        asio::io_context loop;
        int reported = 0;
        const StdinWatch watch(loop, [&] { ++reported; });
        loop.poll();
        CHECK(reported == 0);
        if (with_byte) REQUIRE(write(pipe.writing.get(), "x", 1) == 1);
        if (!with_byte) pipe.writing.reset();
        run_until(loop, [&] { return reported > 0; });
        CHECK(reported == 1);
    }
}

TEST_CASE("standard input that is no stream is reported at once") {
    const FileDescriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const InputReplacement input(null.get());
    asio::io_context loop;
    bool reported = false;
    const StdinWatch watch(loop, [&] { reported = true; });
    run_until(loop, [&] { return reported; });
}
