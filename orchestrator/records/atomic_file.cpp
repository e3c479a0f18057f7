#include "orchestrator/records/atomic_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/directory.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::records {
namespace {

using elytra::Unexpected;
using elytra::io::FileDescriptor;

constexpr mode_t file_mode = 0644;

bool write_all(const FileDescriptor& file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(file.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(elytra::narrow<std::size_t>(count));
    }
    return true;
}

Unexpected<std::string> failure(const std::string& path, int error) {
    return Unexpected(fmt::format("cannot write {}: {}", path, elytra::io::error_text(error)));
}

}  // namespace

std::string temporary_name(std::string_view name) { return fmt::format(".{}.part", name); }

elytra::Result<void, std::string> write_atomically(const std::string& path, std::string_view text) {
    const std::size_t slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::string part = elytra::io::directory_of(path) + "/" + temporary_name(name);
    // What a crash left under this name is of no use. Never written through: it may be a link.
    if (::unlink(part.c_str()) != 0 && errno != ENOENT) return failure(part, errno);
    FileDescriptor file(
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!file.is_open()) return failure(part, errno);
    if (!write_all(file, text) || ::fsync(file.get()) != 0 ||
        ::rename(part.c_str(), path.c_str()) != 0) {
        const int error = errno;
        ::unlink(part.c_str());
        return failure(path, error);
    }
    const auto flushed = elytra::io::flush_directory_of(path);
    if (!flushed.has_value()) return failure(path, flushed.error());
    return {};
}

elytra::Result<void, std::string> write_new_file(const std::string& path, std::string_view text) {
    const FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!file.is_open() || !write_all(file, text)) return failure(path, errno);
    return {};
}

std::optional<std::string> read_file(const std::string& path, std::size_t size_max) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));

    struct stat status {};

    if (!file.is_open() || ::fstat(file.get(), &status) != 0) return std::nullopt;
    if (!S_ISREG(status.st_mode) || status.st_size < 0) return std::nullopt;
    if (elytra::narrow<std::uint64_t>(status.st_size) > size_max) return std::nullopt;
    std::string text(elytra::narrow<std::size_t>(status.st_size), '\0');
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + length, text.size() - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::nullopt;
        if (count == 0) break;
        length += elytra::narrow<std::size_t>(count);
    }
    text.resize(length);
    return text;
}

}  // namespace elytractl::records
