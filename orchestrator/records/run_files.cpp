#include "orchestrator/records/run_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_name.hpp"
#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::records {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;
namespace filesystem = std::filesystem;

constexpr std::array<std::string_view, 15> file_names{
    "bundle.tar.zst", "commands.txt", "environment.json", "events.jsonl", "junit.xml",
    "lock",           "owned.jsonl",  "plan.json",        "report.html",  "report.md",
    "report.txt",     "request.json", "result.json",      "series.csv",   "tags"};
constexpr const char* result_name = "result.json";
constexpr std::array<std::string_view, 2> directory_names{"hdr", "logs"};

struct Pattern {
    std::string_view prefix;
    std::string_view suffix;
};

constexpr std::array<Pattern, 2> patterns{{{"hdr/m", ".hlog"}, {"logs/m", ".log"}}};

bool matches(std::string_view name, const Pattern& pattern) {
    if (!name.starts_with(pattern.prefix) || !name.ends_with(pattern.suffix)) return false;
    if (name.size() <= pattern.prefix.size() + pattern.suffix.size()) return false;
    name.remove_prefix(pattern.prefix.size());
    return name.find('/') == std::string_view::npos;
}

// The name that a file has once it is complete.
std::string final_name(std::string_view name) {
    constexpr std::string_view part = ".part";
    const std::size_t slash = name.rfind('/');
    const std::size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    const std::string_view last = name.substr(start);
    if (!last.starts_with('.') || !last.ends_with(part)) return std::string(name);
    return std::string(name.substr(0, start)) +
           std::string(last.substr(1, last.size() - 1 - part.size()));
}

Unexpected<std::string> failure(std::string_view action, const std::string& path, int error) {
    return Unexpected(fmt::format("cannot {} {}: {}", action, path, elytra::io::error_text(error)));
}

std::vector<std::string> names_in(const std::string& folder, std::error_code& error) {
    std::vector<std::string> names;
    filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != filesystem::directory_iterator(); entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

bool contains(std::string_view name, const auto& names) {
    return std::ranges::find(names, name) != names.end();
}

Result<void, std::string> list_into(RunContent& content, const std::string& folder,
                                    const std::string& inside) {
    std::error_code error;
    const std::string listed_path = fmt::format("{}/{}", folder, inside);
    for (const std::string& last : names_in(listed_path, error)) {
        const std::string name = inside + last;
        const std::string path = listed_path + last;

        struct stat status {};

        if (::lstat(path.c_str(), &status) != 0) return failure("look at", path, errno);
        if (S_ISDIR(status.st_mode) && inside.empty() && contains(last, directory_names)) {
            content.directories.push_back(name);
            auto listed = list_into(content, folder, name + "/");
            if (!listed.has_value()) return listed;
        } else if (S_ISREG(status.st_mode) && is_run_file(name)) {
            content.files.push_back({name, elytra::narrow<std::uint64_t>(status.st_size)});
        } else {
            content.foreign.push_back(name);
        }
    }
    if (error) return failure("list", listed_path, error.value());
    return {};
}

// Opens `name` below a directory without following anything.
FileDescriptor open_below(int directory, const char* name) {
    return FileDescriptor(
        ::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int unlink_regular(int directory, const std::string& name) {
    struct stat status {};

    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
    if (!S_ISREG(status.st_mode)) return EEXIST;
    return ::unlinkat(directory, name.c_str(), 0) == 0 ? 0 : errno;
}

int unlink_file(int folder, const std::string& name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return unlink_regular(folder, name);
    const FileDescriptor inside = open_below(folder, name.substr(0, slash).c_str());
    return inside.is_open() ? unlink_regular(inside.get(), name.substr(slash + 1)) : errno;
}

}  // namespace

std::vector<std::string> run_names(const std::string& directory) {
    std::error_code error;
    std::vector<std::string> names;
    for (const std::string& name : names_in(directory, error)) {
        const auto type =
            filesystem::symlink_status(fmt::format("{}/{}", directory, name), error).type();
        if (type == filesystem::file_type::directory && run_number(name)) names.push_back(name);
    }
    std::ranges::stable_sort(names, {}, [](const std::string& name) { return run_number(name); });
    return names;
}

bool is_run_file(std::string_view name) {
    const std::string complete = final_name(name);
    if (contains(complete, file_names)) return true;
    return std::ranges::any_of(patterns,
                               [&](const Pattern& pattern) { return matches(complete, pattern); });
}

Result<RunContent, std::string> list_run(const std::string& folder) {
    RunContent content;
    const auto listed = list_into(content, folder, "");
    if (!listed.has_value()) return Unexpected(listed.error());
    return content;
}

Result<void, std::string> remove_run(const std::string& folder, const RunContent& content) {
    const FileDescriptor opened = open_below(AT_FDCWD, folder.c_str());
    if (!opened.is_open()) return failure("open", folder, errno);
    for (const RunFile& file : content.files) {
        if (file.name == result_name) continue;
        const int error = unlink_file(opened.get(), file.name);
        if (error != 0) return failure("remove", fmt::format("{}/{}", folder, file.name), error);
    }
    for (const std::string& name : content.directories) {
        if (::unlinkat(opened.get(), name.c_str(), AT_REMOVEDIR) != 0) {
            return failure("remove", fmt::format("{}/{}", folder, name), errno);
        }
    }
    // The result goes last: as long as it is there, the run can be looked at and removed again.
    const int error = unlink_file(opened.get(), result_name);
    if (error != 0 && error != ENOENT) {
        return failure("remove", fmt::format("{}/{}", folder, result_name), error);
    }
    if (::rmdir(folder.c_str()) != 0) return failure("remove", folder, errno);
    return {};
}

}  // namespace elytractl::records
