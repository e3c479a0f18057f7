#include "server/io/fatal.hpp"

#include <cerrno>
#include <csignal>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/common/limits.hpp"
#include "server/io/io_progress.hpp"
#include "server/io/new_data_file.hpp"
#include "server/io/signals.hpp"
#include "tests/support/temp_directory.hpp"

using namespace elytra::io;

namespace {

// The wait status of a child that does the one thing and would otherwise exit with 99.
template <class Last>
int status_after(Last last) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        last();
        _exit(99);
    }
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    return status;
}

}  // namespace

TEST_CASE("a fatal error ends the process with its exit code") {
    const int status = status_after([] { fatal(ExitCode::no_space, "the device is full"); });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 2);
}

TEST_CASE("a failed write of the data file ends the process with the exit code of its cause") {
    const elytra::test::TempDirectory directory;
    NewDataFile created(directory.path("file"));
    REQUIRE(created.create(elytra::sector_size, DirectIo::preferred).has_value());

    struct Row {
        int os_error;
        int exit_code;
    };

    for (const Row& row : {Row{ENOSPC, 2}, Row{EDQUOT, 2}, Row{EIO, 8}, Row{EFBIG, 153}}) {
        CAPTURE(row.os_error);
        const IoFailure failure{
            .operation = "write", .offset = 0, .length = 4096, .os_error = row.os_error};
        const int status = status_after([&] { stop_on(failure, created.file()); });
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == row.exit_code);
    }
}

TEST_CASE("ending by a signal shows that signal to whoever waits") {
    const int status = status_after([] { end_by_signal(SIGTERM); });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("a write to a closed pipe does not kill the process") {
    const int status = status_after([] {
        ignore_write_signals();
        int ends[2];
        if (pipe(ends) == 0 && close(ends[0]) == 0 && write(ends[1], "x", 1) < 0) _exit(0);
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
