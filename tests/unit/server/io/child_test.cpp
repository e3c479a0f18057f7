#include "server/io/child.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/run_loop.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytra::io;
using elytra::test::run_until;
using elytra::test::TempDirectory;

namespace {

ChildCommand shell(std::string script) {
    return ChildCommand{.executable = "/bin/sh", .arguments = {"-c", std::move(script)}};
}

ChildExit wait_for(asio::io_context& loop, Child& child) {
    std::optional<ChildExit> ended;
    child.wait([&](const ChildExit& exit) { ended = exit; });
    run_until(loop, [&] { return ended.has_value(); });
    return *ended;
}

bool has_children() { return waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

bool exists(pid_t pid) { return kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("a child gets our environment and what is added to it") {
    REQUIRE(setenv("ELYTRA_TEST_OURS", "ours", 1) == 0);
    REQUIRE(setenv("ELYTRA_TEST_BOTH", "ours", 1) == 0);
    asio::io_context loop;
    Child child(loop);
    ChildCommand command =
        shell("test \"$ELYTRA_TEST_OURS $ELYTRA_TEST_BOTH $ELYTRA_TEST_THEIRS\" = 'ours b c=d'");
    command.environment = {"ELYTRA_TEST_BOTH=b", "ELYTRA_TEST_THEIRS=c=d"};
    REQUIRE(child.spawn(command).has_value());
    CHECK(wait_for(loop, child).exit_code == 0);
    unsetenv("ELYTRA_TEST_OURS");
    unsetenv("ELYTRA_TEST_BOTH");
}

TEST_CASE("a child reports its exit status, and its resource usage is kept") {
    asio::io_context loop;
    Child child(loop);
    REQUIRE(child.spawn(shell("exit 3")).has_value());
    const pid_t pid = child.pid();
    const ChildExit ended = wait_for(loop, child);
    CHECK(ended.exit_code == 3);
    CHECK(ended.signal == 0);
    CHECK(to_text(ended) == "exited with status 3");
    CHECK(ended.usage.max_rss_bytes > 0);
    CHECK(ended.usage.minor_faults > 0);
    CHECK_FALSE(exists(pid));
    CHECK_FALSE(has_children());
}

TEST_CASE("a child that dies of a signal says which") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command{.executable = "/bin/cat", .arguments = {}, .input = ChildStream::pipe};
    REQUIRE(child.spawn(command).has_value());
    child.signal(SIGTERM);
    const ChildExit ended = wait_for(loop, child);
    CHECK_FALSE(ended.exit_code.has_value());
    CHECK(ended.signal == SIGTERM);
    CHECK(to_text(ended) == "was killed by signal 15 (Terminated)");
    child.signal(SIGTERM);
}

TEST_CASE("closing its input ends a child that reads it") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command{.executable = "/bin/cat", .arguments = {}, .input = ChildStream::pipe};
    REQUIRE(child.spawn(command).has_value());
    child.close_input();
    CHECK(wait_for(loop, child).exit_code == 0);
}

TEST_CASE("output and errors are read to their end") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command = shell("echo out; echo err >&2");
    command.output = ChildStream::pipe;
    command.errors = ChildStream::pipe;
    REQUIRE(child.spawn(command).has_value());
    std::optional<ChildText> output;
    std::optional<ChildText> errors;
    child.read_output(100, [&](ChildText text) { output = std::move(text); });
    child.read_errors(100, [&](ChildText text) { errors = std::move(text); });
    run_until(loop, [&] { return output && errors; });
    CHECK(output->text == "out\n");
    CHECK(errors->text == "err\n");
    CHECK_FALSE(output->truncated);
    CHECK(wait_for(loop, child).exit_code == 0);
}

TEST_CASE("output beyond the bound is dropped and does not block the child") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command{.executable = "/bin/sh",
                         .arguments = {"-c", "head -c 300000 /dev/zero | tr '\\0' x"}};
    command.output = ChildStream::pipe;
    REQUIRE(child.spawn(command).has_value());
    std::optional<ChildText> output;
    child.read_output(10, [&](ChildText text) { output = std::move(text); });
    run_until(loop, [&] { return output.has_value(); });
    CHECK(output->text == "xxxxxxxxxx");
    CHECK(output->truncated);
    CHECK(wait_for(loop, child).exit_code == 0);
}

TEST_CASE("an abandoned child is not waited for") {
    asio::io_context loop;
    pid_t pid = -1;
    {
        Child child(loop);
        REQUIRE(child.spawn(shell("exec cat")).has_value());
        pid = child.pid();
        child.wait([](const ChildExit&) { FAIL("nobody listens"); });
        child.abandon();
    }
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(waitpid(pid, nullptr, 0) == pid);
    loop.run();
}

TEST_CASE("errors can be followed while the child lives") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command = shell("echo first >&2; cat >/dev/null; echo last >&2");
    command.input = ChildStream::pipe;
    command.errors = ChildStream::pipe;
    REQUIRE(child.spawn(command).has_value());
    std::string text;
    bool ended = false;
    child.follow_errors([&](std::string_view chunk) {
        text += chunk;
        ended = chunk.empty();
    });
    run_until(loop, [&] { return text == "first\n"; });
    CHECK_FALSE(ended);
    child.close_input();
    run_until(loop, [&] { return ended; });
    CHECK(text == "first\nlast\n");
    CHECK(wait_for(loop, child).exit_code == 0);
}

TEST_CASE("errors can be appended to a file") {
    const TempDirectory directory;
    const std::string path = directory.path("log");
    std::ofstream(path) << "before\n";
    asio::io_context loop;
    Child child(loop);
    ChildCommand command = shell("echo after >&2");
    command.errors_path = path;
    REQUIRE(child.spawn(command).has_value());
    CHECK(wait_for(loop, child).exit_code == 0);
    std::ifstream file(path);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    CHECK(text == "before\nafter\n");
}

TEST_CASE("what cannot be executed is an error with its errno, and leaves no process") {
    const TempDirectory directory;

    struct Row {
        std::string executable;
        int os_error;
    };

    for (const Row& row :
         {Row{directory.path("missing"), ENOENT}, Row{directory.path(""), EACCES}}) {
        asio::io_context loop;
        Child child(loop);
        const auto spawned =
            child.spawn(ChildCommand{.executable = row.executable, .arguments = {}});
        REQUIRE_FALSE(spawned.has_value());
        CHECK(spawned.error() == row.os_error);
        CHECK_FALSE(has_children());
    }
}

TEST_CASE("a child leads its own process group and starts with default signals") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command = shell("ps -o pgid= -p $$; kill -PIPE $$");
    command.output = ChildStream::pipe;
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    REQUIRE(child.spawn(command).has_value());
    std::signal(SIGPIPE, before);
    CHECK(getpgid(child.pid()) == child.pid());
    CHECK(wait_for(loop, child).signal == SIGPIPE);
}

TEST_CASE("destroying a child closes its input, which ends it in good order") {
    const TempDirectory directory;
    asio::io_context loop;
    {
        Child child(loop);
        ChildCommand command = shell("read line; touch '" + directory.path("done") + "'");
        command.input = ChildStream::pipe;
        REQUIRE(child.spawn(command).has_value());
    }
    CHECK(std::filesystem::exists(directory.path("done")));
    CHECK_FALSE(has_children());
}

TEST_CASE("destroying a child that hangs kills it") {
    asio::io_context loop;
    pid_t pid = 0;
    {
        Child child(loop);
        ChildCommand command = shell("trap '' TERM; tail -f /dev/null");
        command.grace = std::chrono::milliseconds(0);
        REQUIRE(child.spawn(command).has_value());
        pid = child.pid();
    }
    CHECK_FALSE(exists(pid));
    CHECK_FALSE(has_children());
}

TEST_CASE("what a child leaves behind is killed when the child is reaped") {
    asio::io_context loop;
    Child child(loop);
    ChildCommand command = shell("tail -f /dev/null & exit 5");
    command.output = ChildStream::pipe;  // the grandchild keeps it open as long as it lives
    REQUIRE(child.spawn(command).has_value());
    std::optional<ChildText> output;
    child.read_output(100, [&](ChildText text) { output = std::move(text); });
    CHECK(wait_for(loop, child).exit_code == 5);
    run_until(loop, [&] { return output.has_value(); });
}

TEST_CASE("a child can be destroyed while its handlers are pending") {
    asio::io_context loop;
    bool called = false;
    {
        Child child(loop);
        ChildCommand command{.executable = "/bin/cat", .arguments = {}, .input = ChildStream::pipe};
        command.output = ChildStream::pipe;
        REQUIRE(child.spawn(command).has_value());
        child.read_output(10, [&](ChildText) { called = true; });
        child.wait([&](const ChildExit&) { called = true; });
    }
    loop.run();
    CHECK_FALSE(called);
    CHECK_FALSE(has_children());
}

TEST_CASE("the pipes of a child can be taken, and then belong to whoever has them") {
    asio::io_context loop;
    Child child(loop);
    REQUIRE(
        child
            .spawn(
                {.executable = "/bin/cat", .input = ChildStream::pipe, .output = ChildStream::pipe})
            .has_value());
    FileDescriptor input = child.take_input();
    const FileDescriptor output = child.take_output();
    REQUIRE(write(input.get(), "x", 1) == 1);
    char echoed = 0;
    REQUIRE(read(output.get(), &echoed, 1) == 1);
    CHECK(echoed == 'x');
    child.close_input();  // has no input any more
    CHECK(exists(child.pid()));
    input.reset();
    CHECK(wait_for(loop, child).exit_code == 0);
}
