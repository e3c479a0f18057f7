#include "orchestrator/records/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_files.hpp"
#include "orchestrator/records/run_name.hpp"
#include "server/common/int.hpp"
#include "server/io/directory.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::records {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;

constexpr mode_t directory_mode = 0755;
constexpr mode_t file_mode = 0644;
constexpr int json_indent = 1;

Unexpected<std::string> failure(std::string_view action, const std::string& path, int error) {
    return Unexpected(fmt::format("cannot {} {}: {}", action, path, elytra::io::error_text(error)));
}

// The directory of all runs, locked while a number is drawn. The lock is on the directory itself,
// so that nothing is left in it.
Result<FileDescriptor, std::string> lock_directory(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return failure("make", directory, error.value());
    FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open()) return failure("open", directory, errno);
    while (::flock(opened.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return failure("lock", directory, errno);
    }
    return opened;
}

}  // namespace

Result<RunFolder, std::string> RunFolder::create(const std::string& directory,
                                                 const std::vector<std::string>& command,
                                                 std::uint64_t draw) {
    const auto locked = lock_directory(directory);
    if (!locked.has_value()) return Unexpected(locked.error());
    std::uint64_t number = 1;
    for (const std::string& name : run_names(directory)) {
        number = std::max(number, *run_number(name) + 1);
    }
    std::string id = run_name(number, draw);
    std::string path = directory + "/" + id;
    if (::mkdir(path.c_str(), directory_mode) != 0) return failure("make", path, errno);
    const auto flushed = elytra::io::flush_directory_of(path);
    if (!flushed.has_value()) return failure("flush", directory, flushed.error());
    auto lock = RunLock::acquire(path, command);
    if (!lock.has_value()) return Unexpected(lock.error().text);
    return RunFolder(std::move(id), std::move(path), std::move(lock).value());
}

std::string RunFolder::path_of(std::string_view name) const {
    return fmt::format("{}/{}", path_, name);
}

Result<void, std::string> RunFolder::write(std::string_view name, std::string_view text) {
    const std::string path = path_of(name);
    if (name.find('/') != std::string_view::npos) {
        const std::string folder = elytra::io::directory_of(path);
        if (::mkdir(folder.c_str(), directory_mode) != 0 && errno != EEXIST) {
            return failure("make", folder, errno);
        }
    }
    return write_atomically(path, text);
}

Result<void, std::string> RunFolder::write_result(const nlohmann::json& result) {
    // Texts of a server may be no UTF-8; they are shown with a mark instead of ending the run.
    const auto replace = nlohmann::json::error_handler_t::replace;
    return write("result.json", result.dump(json_indent, ' ', false, replace) + "\n");
}

Result<void, std::string> RunFolder::append_event(const nlohmann::json& event) {
    const std::string path = path_of("events.jsonl");
    if (!events_.is_open()) {
        events_.reset(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                             file_mode));
        if (!events_.is_open()) return failure("open", path, errno);
    }
    const auto replace = nlohmann::json::error_handler_t::replace;
    const std::string line = event.dump(-1, ' ', false, replace) + "\n";
    const ssize_t count = ::write(events_.get(), line.data(), line.size());
    if (count < 0) return failure("write", path, errno);
    if (elytra::narrow<std::size_t>(count) != line.size()) return failure("write", path, ENOSPC);
    return {};
}

}  // namespace elytractl::records
