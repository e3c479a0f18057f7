#include "server/io/memory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <new>
#include <string_view>

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/io/exit_code.hpp"
#include "server/io/file_error.hpp"

namespace elytra::io {

namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// Version 1 writes the largest multiple of a page for "no limit".
constexpr std::uint64_t limit_credible_max = 1ULL << 60;

// The number in a one-line file; unlimited where there is none ("max", or no such file).
std::uint64_t read_limit(const std::string& path) {
    std::ifstream file(path);
    std::uint64_t limit = 0;
    if (!(file >> limit) || limit > limit_credible_max) return unlimited;
    return limit;
}

// A group is bound by its own limit and by those of all groups around it.
std::uint64_t tightest_limit(const std::string& mount, std::string group, std::string_view file) {
    std::uint64_t limit = read_limit(fmt::format("{}/{}", mount, file));
    while (!group.empty() && group != "/") {
        limit = std::min(limit, read_limit(fmt::format("{}{}/{}", mount, group, file)));
        group.resize(group.rfind('/'));
    }
    return limit;
}

bool has_ipc_lock_capability() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct capabilities[_LINUX_CAPABILITY_U32S_3]{};
    if (syscall(SYS_capget, &header, capabilities) != 0) return false;
    return (capabilities[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

// Must not allocate.
[[noreturn]] void report_no_memory() {
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    std::array<char, 256> text{};
    const auto end = fmt::format_to_n(
        text.data(), text.size(),
        "error: not enough memory: a limit on address space (ulimit -v, now {} bytes) or on the "
        "control group is too low; a server needs about 1 GiB\n",
        limit.rlim_cur);
    const auto written = write(STDERR_FILENO, text.data(), std::min(end.size, text.size()));
    static_cast<void>(written);  // there is nobody left to tell
    std::_Exit(static_cast<int>(ExitCode::refused));
}

}  // namespace

std::uint64_t resident_bytes_max() {
    rusage counted{};
    ELYTRA_ASSERT(getrusage(RUSAGE_SELF, &counted) == 0);
    return narrow<std::uint64_t>(counted.ru_maxrss) * 1024;
}

std::uint64_t physical_bytes() {
    return narrow<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
           narrow<std::uint64_t>(sysconf(_SC_PAGE_SIZE));
}

// Each line of /proc/self/cgroup is number:controllers:/path; version 2 is number 0 without
// controllers.
std::optional<std::uint64_t> cgroup_memory_limit(const std::string& root) {
    std::ifstream groups(root + "/proc/self/cgroup");
    const std::string mount = root + "/sys/fs/cgroup";
    std::uint64_t limit = unlimited;
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(":/", first);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string path = line.substr(second + 1);
        if (line.starts_with("0::")) {
            limit = std::min(limit, tightest_limit(mount, path, "memory.max"));
        } else if (line.substr(first, second - first) == ":memory") {
            limit =
                std::min(limit, tightest_limit(mount + "/memory", path, "memory.limit_in_bytes"));
        }
    }
    if (limit == unlimited) return {};
    return limit;
}

void end_when_out_of_memory() { std::set_new_handler(&report_no_memory); }

Result<void, std::string> lock_memory_on_fault(std::uint64_t bytes_mapped_max) {
    rlimit limit{};
    ELYTRA_ASSERT(getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    int os_error = ENOMEM;
    if (limit.rlim_cur >= bytes_mapped_max || has_ipc_lock_capability()) {
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return {};
        os_error = errno;
    }
    return Unexpected(
        fmt::format("cannot lock memory ({}): swapping may bring damaged pages back; "
                    "RLIMIT_MEMLOCK is {} bytes, "
                    "{} are needed: raise it, grant CAP_IPC_LOCK or disable swap",
                    error_text(os_error), limit.rlim_cur, bytes_mapped_max));
}

}  // namespace elytra::io
