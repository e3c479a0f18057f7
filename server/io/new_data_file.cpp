#include "server/io/new_data_file.hpp"

#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server/common/assert.hpp"
#include "server/io/directory.hpp"
#include "server/io/io_progress.hpp"
#include "server/io/random.hpp"

namespace elytra::io {

namespace {

constexpr std::string_view create_action = "cannot create data file";

FileError creation_error(int os_error, const std::string& path) {
    FileError error = file_error(os_error, create_action, path);
    if (os_error == ENOENT) error.advice = "create the directory first";
    return error;
}

std::optional<FileError> find_obstacle(const std::string& path) {
    struct stat status {};

    if (lstat(path.c_str(), &status) != 0) return {};
    if (S_ISREG(status.st_mode)) {
        FileError error = creation_error(EEXIST, path);
        error.reason = fmt::format("it exists already, with {} bytes", status.st_size);
        return error;
    }
    const bool directory = S_ISDIR(status.st_mode);
    return FileError{
        .kind = FileErrorKind::wrong_type,
        .path = path,
        .action = std::string(create_action),
        .reason = directory ? "it is a directory" : "it exists and is not a regular file",
        .advice = "name a file that does not exist yet"};
}

// What users may still take of the file system.
std::uint64_t free_bytes(const std::string& path) {
    struct statvfs status {};

    if (statvfs(path.c_str(), &status) != 0) return 0;
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

// Gives the file its name unless that name is taken. Some file systems cannot rename without
// replacing; a second link, which never replaces, does the same there.
int rename_without_replacing(const std::string& from, const std::string& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    if (link(from.c_str(), to.c_str()) != 0) return errno;
    if (unlink(from.c_str()) == 0) return 0;
    const int os_error = errno;
    unlink(to.c_str());
    return os_error;
}

}  // namespace

NewDataFile::NewDataFile(std::string path) : path_(std::move(path)) {}

NewDataFile::~NewDataFile() {
    if (!path_temporary_.empty()) unlink(path_temporary_.c_str());
}

Result<void, FileError> NewDataFile::create(std::uint64_t size, DirectIo direct_io) {
    ELYTRA_ASSERT(path_temporary_.empty());
    if (auto obstacle = find_obstacle(path_)) return Unexpected(std::move(*obstacle));
    if (auto opened = open(direct_io); !opened) return opened;
    return allocate(size);
}

// The file is created apart from being opened, because an O_DIRECT that the file system refuses
// would leave it behind all the same.
Result<void, FileError> NewDataFile::open(DirectIo direct_io) {
    const std::string path_new = fmt::format("{}.{:016x}.new", path_, random_u64());
    const FileDescriptor created(
        ::open(path_new.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!created.is_open()) return Unexpected(creation_error(errno, path_));
    path_temporary_ = path_new;
    auto opened = DataFile::open_both(path_temporary_, direct_io);
    if (!opened.has_value()) {
        FileError error = opened.error();
        error.path = path_;
        return Unexpected(std::move(error));
    }
    file_ = std::move(*opened);
    const int descriptor = file_.descriptor(storage::Durability::volatile_cache);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) return Unexpected(creation_error(errno, path_));
    return {};
}

Result<void, FileError> NewDataFile::allocate(std::uint64_t size) {
    const std::uint64_t free = free_bytes(path_temporary_);  // a failed attempt may hold some
    const IoProgress progress = perform_io(storage::Extend{.size = size, .token = {}}, file_);
    if (progress.state() == IoProgress::State::failed) {
        return Unexpected(creation_error(progress.failure().os_error, path_));
    }
    if (progress.status() == storage::IoStatus::ok) return {};
    FileError error = creation_error(ENOSPC, path_);
    error.advice = fmt::format("it needs {} bytes, {} are free", size, free);
    return Unexpected(std::move(error));
}

Result<DataFile, FileError> NewDataFile::publish() {
    ELYTRA_ASSERT(!path_temporary_.empty());
    if (fsync(file_.descriptor(storage::Durability::volatile_cache)) != 0) {
        return Unexpected(creation_error(errno, path_));
    }
    if (const int os_error = rename_without_replacing(path_temporary_, path_); os_error != 0) {
        return Unexpected(creation_error(os_error, path_));
    }
    path_temporary_ = path_;  // until the directory is durable, a failure removes the file again
    if (const auto flushed = flush_directory_of(path_); !flushed) {
        return Unexpected(creation_error(flushed.error(), path_));
    }
    path_temporary_.clear();
    file_.path_ = path_;
    return std::move(file_);
}

}  // namespace elytra::io
