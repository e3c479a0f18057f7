#include "orchestrator/process/folder_lock.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::process {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;

constexpr mode_t lock_mode = 0644;
constexpr std::size_t holder_size_max = 4096;

std::string host_name() {
    utsname names{};
    return uname(&names) == 0 ? names.nodename : "";
}

std::string holder_of(const FileDescriptor& file) {
    std::array<char, holder_size_max> text{};
    const ssize_t count = pread(file.get(), text.data(), text.size(), 0);
    if (count <= 0) return "another process";
    std::string holder(text.data(), elytra::narrow<std::size_t>(count));
    while (holder.ends_with('\n')) holder.pop_back();
    return holder;
}

bool write_holder(const FileDescriptor& file, const std::vector<std::string>& command) {
    const std::string text =
        fmt::format("process {} on {}: {}\n", getpid(), host_name(), fmt::join(command, " "))
            .substr(0, holder_size_max);
    return ftruncate(file.get(), 0) == 0 &&
           pwrite(file.get(), text.data(), text.size(), 0) == elytra::narrow<ssize_t>(text.size());
}

LockError failure(const std::string& path) {
    return {.kind = LockError::Kind::failed,
            .text = fmt::format("cannot lock {}: {}", path, elytra::io::error_text(errno))};
}

}  // namespace

Result<FolderLock, LockError> FolderLock::acquire(const std::string& folder,
                                                  const std::vector<std::string>& command) {
    const std::string path = folder + "/lock";
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, lock_mode));
    if (!file.is_open()) return Unexpected(failure(path));
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return Unexpected(failure(path));
        return Unexpected(
            LockError{.kind = LockError::Kind::busy,
                      .text = fmt::format("{} is in use by {}", folder, holder_of(file))});
    }
    if (!write_holder(file, command)) return Unexpected(failure(path));
    return FolderLock(std::move(file));
}

}  // namespace elytractl::process
