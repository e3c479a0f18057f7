#include "orchestrator/host/temporary_file.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/directory.hpp"

namespace elytractl::host {

using elytra::Result;
using elytra::Unexpected;

TemporaryFile::TemporaryFile(std::string path)
    : path_(std::move(path)),
      descriptor_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)),
      ours_(descriptor_.is_open()) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::move(other.descriptor_)),
      ours_(std::exchange(other.ours_, false)) {}

TemporaryFile::~TemporaryFile() {
    if (ours_) unlink(path_.c_str());
}

Result<void, int> TemporaryFile::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(descriptor_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Unexpected(errno);
        bytes = bytes.subspan(elytra::narrow<std::size_t>(written));
    }
    return {};
}

Result<void, int> TemporaryFile::finish(mode_t mode) {
    if (fchmod(descriptor_.get(), mode) != 0) return Unexpected(errno);
    if (fsync(descriptor_.get()) != 0) return Unexpected(errno);
    descriptor_.reset();
    return {};
}

Result<void, int> TemporaryFile::rename_to(const std::string& path) {
    if (std::rename(path_.c_str(), path.c_str()) != 0) return Unexpected(errno);
    ours_ = false;
    return elytra::io::flush_directory_of(path);
}

}  // namespace elytractl::host
