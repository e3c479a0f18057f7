#include "orchestrator/host/system_checks.hpp"

#include <cerrno>
#include <cstdint>

#include <fmt/format.h>

#include "server/io/file_error.hpp"

namespace elytractl::host {
namespace {

constexpr std::uint64_t open_files_wanted = 1024;

}  // namespace

Finding check_io_uring(const HostFacts& facts) {
    if (facts.io_uring_error == 0)
        return {.id = "io_uring", .text = "io_uring works", .value = "yes"};
    Finding finding{.id = "io_uring",
                    .level = Level::warn,
                    .text = fmt::format("io_uring: {}; elytra uses threads instead",
                                        elytra::io::error_text(facts.io_uring_error)),
                    .value = "no",
                    .advice =
                        "set the sysctl kernel.io_uring_disabled to 0, or start the container with "
                        "--security-opt seccomp=unconfined"};
    if (facts.io_uring_error == ENOSYS) finding.advice = "use a kernel of 5.11 or later";
    if (facts.io_uring_error == ENOMEM) finding.advice = "run `ulimit -l unlimited`";
    return finding;
}

Finding check_child_control(const HostFacts& facts) {
    const int error = facts.pidfd_error != 0 ? facts.pidfd_error : facts.parent_death_error;
    if (error == 0) {
        return {.id = "child_control",
                .text = "children can be watched and die with their parent",
                .value = "yes"};
    }
    return {
        .id = "child_control",
        .level = Level::fail,
        .text = fmt::format("{}: {}", facts.pidfd_error != 0 ? "pidfd_open" : "PR_SET_PDEATHSIG",
                            elytra::io::error_text(error)),
        .value = "no",
        .advice = "use a kernel of 5.4 or later, and a container that does not forbid it"};
}

Finding check_open_files(const HostFacts& facts) {
    Finding finding{.id = "open_files",
                    .text = fmt::format("up to {} open files", facts.open_files_max),
                    .value = fmt::format("{}", facts.open_files_max)};
    if (facts.open_files_max >= open_files_wanted) return finding;
    finding.level = Level::warn;
    finding.advice = fmt::format("run `ulimit -n {}`", open_files_wanted);
    return finding;
}

Finding check_container(const HostFacts& facts) {
    if (facts.container.empty() && !facts.seccomp_filter) {
        return {.id = "container",
                .text = "no container and no filter of system calls shows",
                .value = "none"};
    }
    const std::string kind = facts.container.empty() ? "none" : facts.container;
    return {
        .id = "container",
        .level = Level::note,
        .text = fmt::format("container: {}{}", kind,
                            facts.seccomp_filter ? ", system calls are filtered (seccomp)" : ""),
        .value = kind,
        .advice = "its limits on CPU, memory and disk are part of what is measured"};
}

Finding check_tracing(const HostFacts& facts) {
    if (!facts.traced) return {.id = "tracing", .text = "not traced", .value = "no"};
    return {.id = "tracing",
            .level = Level::warn,
            .text = "this process is traced (ptrace)",
            .value = "yes",
            .advice = "debuggers and strace slow everything down; run without"};
}

}  // namespace elytractl::host
