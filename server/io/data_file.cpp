#include "server/io/data_file.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "server/common/assert.hpp"
#include "server/common/int.hpp"
#include "server/io/directory.hpp"

namespace elytra::io {

namespace {

constexpr std::string_view open_action = "cannot open data file";

constexpr int lock_retries_max = 5;
constexpr long lock_retry_nanoseconds = 50'000'000;

std::string_view type_name(mode_t mode) {
    if (S_ISDIR(mode)) return "it is a directory";
    if (S_ISBLK(mode)) return "it is a block device, which is not supported";
    if (S_ISCHR(mode)) return "it is a character device";
    return "it is not a regular file";
}

Result<struct stat, FileError> check_type(const std::string& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
        FileError error = file_error(errno, open_action, path);
        if (errno == ENOENT) error.advice = "check the path, or create the file with format";
        return Unexpected(std::move(error));
    }
    if (S_ISREG(status.st_mode)) return status;
    return Unexpected(FileError{.kind = FileErrorKind::wrong_type,
                                .path = path,
                                .action = std::string(open_action),
                                .reason = std::string(type_name(status.st_mode)),
                                .advice = "name a regular file"});
}

// The process that holds the lock, where /proc/locks tells. Its lines look like
//   12: FLOCK  ADVISORY  WRITE 4711 fe:00:1048602 0 EOF
std::optional<int> lock_holder(const struct stat& status) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> locks(std::fopen("/proc/locks", "re"),
                                                                &std::fclose);
    if (!locks) return {};
    const std::string place =
        fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
    std::array<char, 256> line{};
    while (std::fgets(line.data(), narrow<int>(line.size()), locks.get()) != nullptr) {
        int pid = 0;
        std::array<char, 64> where{};
        if (std::sscanf(line.data(), "%*d: FLOCK ADVISORY WRITE %d %63s", &pid, where.data()) !=
            2) {
            continue;
        }
        if (place == where.data() && pid > 0) return pid;
    }
    return {};
}

FileError locked_error(const std::string& path, const struct stat& status) {
    const std::optional<int> pid = lock_holder(status);
    return FileError{
        .kind = FileErrorKind::locked,
        .os_error = EWOULDBLOCK,
        .path = path,
        .action = std::string(open_action),
        .reason = pid ? fmt::format("process {} has it open", *pid) : "another process has it open",
        .advice = "stop that server first",
    };
}

// The kernel closes the descriptors of a killed process that used io_uring a little after its
// death, and tells nobody. With no event to wait for, the start of a server is the one place that
// waits for time.
Result<void, FileError> lock(int descriptor, const std::string& path, const struct stat& status) {
    for (int attempt = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (errno != EWOULDBLOCK)
            return Unexpected(file_error(errno, "cannot lock data file", path));
        if (attempt == lock_retries_max) return Unexpected(locked_error(path, status));
        const timespec pause{.tv_sec = 0, .tv_nsec = lock_retry_nanoseconds};
        nanosleep(&pause, nullptr);
    }
    return {};
}

FileError no_direct_io_error(const std::string& path) {
    return FileError{
        .kind = FileErrorKind::no_direct_io,
        .os_error = EINVAL,
        .path = path,
        .action = std::string(open_action),
        .reason = fmt::format("its file system ({}) does not support direct I/O",
                              file_system_name(directory_of(path))),
        .advice = "use a local file system, or --development for tests",
    };
}

FileDescriptor open_descriptor(const std::string& path, int flags) {
    return FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC));
}

bool same_file(int one, int other) {
    struct stat first {};

    struct stat second {};

    ELYTRA_ASSERT(fstat(one, &first) == 0 && fstat(other, &second) == 0);
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

Result<DataFile, FileError> DataFile::open(const std::string& path, DirectIo direct_io) {
    const auto status = check_type(path);
    if (!status.has_value()) return Unexpected(status.error());
    auto file = open_both(path, direct_io);
    if (!file.has_value()) return file;
    const int descriptor = file->cached_.get();
    if (const auto locked = lock(descriptor, path, *status); !locked) {
        return Unexpected(locked.error());
    }
    if (fsync(descriptor) != 0)
        return Unexpected(file_error(errno, "cannot flush data file", path));
    if (const auto flushed = flush_directory_of(path); !flushed) {
        return Unexpected(
            file_error(flushed.error(), "cannot flush the directory of data file", path));
    }
    return file;
}

Result<DataFile, FileError> DataFile::open_to_inspect(const std::string& path) {
    const auto status = check_type(path);
    if (!status.has_value()) return Unexpected(status.error());
    DataFile file;
    file.path_ = path;
    file.cached_ = open_descriptor(path, O_RDONLY);
    if (!file.cached_.is_open()) return Unexpected(file_error(errno, open_action, path));
    return file;
}

Result<DataFile, FileError> DataFile::open_both(const std::string& path, DirectIo direct_io) {
    DataFile file;
    file.path_ = path;
    int flags = O_RDWR | O_DIRECT;
    file.cached_ = open_descriptor(path, flags);
    if (!file.cached_.is_open() && errno == EINVAL) {
        if (direct_io == DirectIo::required) return Unexpected(no_direct_io_error(path));
        flags = O_RDWR;
        file.cached_ = open_descriptor(path, flags);
    }
    if (!file.cached_.is_open()) return Unexpected(file_error(errno, open_action, path));
    file.durable_ = open_descriptor(path, flags | O_DSYNC);
    if (!file.durable_.is_open()) return Unexpected(file_error(errno, open_action, path));
    if (!same_file(file.cached_.get(), file.durable_.get())) {
        return Unexpected(FileError{.path = path,
                                    .action = std::string(open_action),
                                    .reason = "it was replaced at the same moment",
                                    .advice = "try again"});
    }
    file.direct_io_ = (flags & O_DIRECT) != 0;
    return file;
}

int DataFile::descriptor(storage::Durability durability) const {
    const bool durable = durability == storage::Durability::durable;
    const FileDescriptor& chosen = durable ? durable_ : cached_;
    ELYTRA_ASSERT(chosen.is_open());
    return chosen.get();
}

std::uint64_t DataFile::size() const {
    struct stat status {};

    ELYTRA_ASSERT(fstat(cached_.get(), &status) == 0);
    return narrow<std::uint64_t>(status.st_size);
}

bool DataFile::in_memory() const {
    struct statfs status {};

    ELYTRA_ASSERT(fstatfs(cached_.get(), &status) == 0);
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

bool DataFile::locked_elsewhere() const {
    ELYTRA_ASSERT(!durable_.is_open());
    if (flock(cached_.get(), LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
    ELYTRA_ASSERT(flock(cached_.get(), LOCK_UN) == 0);
    return false;
}

void log_warnings(const DataFile& file, const Log& log) {
    if (file.in_memory()) {
        log.warning("data file {} is on a file system in memory: not durable", file.path());
    }
    if (!file.direct_io()) {
        log.warning("data file {} is used without direct I/O, through the cache of its file system",
                    file.path());
    }
}

}  // namespace elytra::io
