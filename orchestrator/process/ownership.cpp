#include "orchestrator/process/ownership.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ranges>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/directory.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::process {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;

constexpr mode_t directory_mode = 0700;
constexpr mode_t ledger_mode = 0644;

std::string absolute(const std::string& path) {
    std::error_code ignored;  // only a working directory that is gone has no name
    const std::filesystem::path full = std::filesystem::absolute(path, ignored);
    return full.lexically_normal().string();
}

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

// The directory that a path names something in, without following a link in its last part.
FileDescriptor open_parent(const std::string& path) {
    return FileDescriptor(::open(elytra::io::directory_of(path).c_str(),
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Result<struct stat, int> status_in(const FileDescriptor& parent, const std::string& path) {
    struct stat status {};

    if (!parent.is_open()) return Unexpected(errno);
    if (fstatat(parent.get(), name_of(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return Unexpected(errno);
    }
    return status;
}

bool is_of_kind(const struct stat& status, OwnedKind kind) {
    return kind == OwnedKind::file ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode);
}

bool is_same(const struct stat& status, const OwnedFile& file) {
    return is_of_kind(status, file.kind) && status.st_dev == file.device &&
           status.st_ino == file.inode;
}

OwnedFile entry_of(const struct stat& status, const std::string& path, Lifetime lifetime) {
    return {.kind = S_ISDIR(status.st_mode) ? OwnedKind::directory : OwnedKind::file,
            .lifetime = lifetime,
            .path = path,
            .device = elytra::narrow<std::uint64_t>(status.st_dev),
            .inode = elytra::narrow<std::uint64_t>(status.st_ino)};
}

// A format writes under a longer name until its file is complete.
std::vector<std::string> files_that_begin_with(const std::string& path) {
    std::vector<std::string> files;
    std::error_code error;
    std::filesystem::directory_iterator entries(elytra::io::directory_of(path), error);
    for (const std::filesystem::directory_iterator end; !error && entries != end;
         entries.increment(error)) {
        std::string found = entries->path().string();
        if (found.starts_with(path)) files.push_back(std::move(found));
    }
    return files;
}

std::string reason_of(int os_error) {
    if (os_error == ENOTEMPTY || os_error == EEXIST) {
        return "the directory holds files that this run did not create";
    }
    return elytra::io::error_text(os_error);
}

}  // namespace

Result<OwnershipLedger, std::string> OwnershipLedger::open(const std::string& path) {
    OwnershipLedger ledger;
    if (const auto read = ledger.read(path); !read.has_value()) {
        return Unexpected(
            fmt::format("cannot open {}: {}", path, elytra::io::error_text(read.error())));
    }
    return ledger;
}

Result<void, int> OwnershipLedger::read(const std::string& path) {
    std::ifstream lines(path);
    for (std::string line; std::getline(lines, line);) apply(line);
    file_.reset(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, ledger_mode));
    if (!file_.is_open()) return Unexpected(errno);
    return {};
}

// A line cut by a crash is no entry: what it was about to name had not been used yet.
void OwnershipLedger::apply(const std::string& line) {
    const nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
    if (!entry.is_object()) return;
    const std::string path = entry.value("path", "");
    const std::string what = entry.value("what", "");
    if (what == "expected") return expected_.push_back({.kind = OwnedKind::file, .path = path});
    if (what == "expected directory") {
        return expected_.push_back({.kind = OwnedKind::directory, .path = path});
    }
    std::erase_if(expected_, [&](const Expected& expected) { return expected.path == path; });
    if (what == "not created") return;
    std::erase_if(owned_, [&](const OwnedFile& file) { return file.path == path; });
    if (what == "gone") return;
    owned_.push_back(
        {.kind = what == "directory" ? OwnedKind::directory : OwnedKind::file,
         .lifetime = entry.value("keep", false) ? Lifetime::kept : Lifetime::until_removed,
         .path = path,
         .device = entry.value("device", std::uint64_t{0}),
         .inode = entry.value("inode", std::uint64_t{0})});
}

Result<void, int> OwnershipLedger::append(const std::string& line) {
    const std::string text = line + "\n";
    const ssize_t written = ::write(file_.get(), text.data(), text.size());
    if (written < 0) return Unexpected(errno);
    if (elytra::narrow<std::size_t>(written) != text.size()) return Unexpected(ENOSPC);
    apply(line);
    return {};
}

Result<void, int> OwnershipLedger::record(const OwnedFile& file) {
    const nlohmann::json entry{{"what", file.kind == OwnedKind::directory ? "directory" : "file"},
                               {"keep", file.lifetime == Lifetime::kept},
                               {"path", file.path},
                               {"device", file.device},
                               {"inode", file.inode}};
    return append(entry.dump());
}

Result<void, int> OwnershipLedger::make_directory(const std::string& path, Lifetime lifetime) {
    const std::string full = absolute(path);
    if (const auto noted = note("expected directory", full); !noted.has_value()) return noted;
    if (::mkdir(full.c_str(), directory_mode) != 0) {
        const int os_error = errno;
        const auto noted = note("not created", full);
        return Unexpected(noted.has_value() ? os_error : noted.error());
    }
    const auto status = status_in(open_parent(full), full);
    if (!status.has_value()) return Unexpected(status.error());
    const auto recorded = record(entry_of(*status, full, lifetime));
    // It is still empty, and nobody would find it.
    if (!recorded.has_value()) (void)::rmdir(full.c_str());
    return recorded;
}

Result<void, int> OwnershipLedger::expect_file(const std::string& path) {
    return note("expected", absolute(path));
}

Result<void, int> OwnershipLedger::note(const char* what, const std::string& path) {
    return append(nlohmann::json{{"what", what}, {"path", path}}.dump());
}

Result<void, int> OwnershipLedger::adopt_file(const std::string& path, Lifetime lifetime) {
    const std::string full = absolute(path);
    const auto status = status_in(open_parent(full), full);
    if (!status.has_value()) {
        const auto noted = note("gone", full);
        return Unexpected(noted.has_value() ? status.error() : noted.error());
    }
    if (!is_of_kind(*status, OwnedKind::file)) return Unexpected(EEXIST);
    return record(entry_of(*status, full, lifetime));
}

void OwnershipLedger::adopt_unfinished(const std::string& path) {
    const std::string full = absolute(path);
    if (!owns_directory(elytra::io::directory_of(full))) return;
    for (const std::string& found : files_that_begin_with(full)) {
        const bool known = std::ranges::find(owned_, found, &OwnedFile::path) != owned_.end();
        // What cannot be recorded stays and is reported with its directory.
        if (!known) (void)adopt_file(found, Lifetime::until_removed);
    }
}

bool OwnershipLedger::owns_directory(const std::string& path) const {
    const std::string full = absolute(path);
    const auto entry = std::ranges::find(owned_, full, &OwnedFile::path);
    if (entry == owned_.end()) return false;
    const auto status = status_in(open_parent(full), full);
    return status.has_value() && is_same(*status, *entry);
}

// A directory that was put in the place of ours may hold anything.
bool OwnershipLedger::inside_own_directory(const OwnedFile& file) const {
    const std::string parent = elytra::io::directory_of(file.path);
    const auto entry = std::ranges::find(owned_, parent, &OwnedFile::path);
    return entry == owned_.end() || owns_directory(parent);
}

void OwnershipLedger::remove(const OwnedFile& file, Cleanup& cleanup) {
    const auto leave = [&](std::string reason) {
        cleanup.left.push_back({.path = file.path, .reason = std::move(reason)});
    };
    const FileDescriptor parent = open_parent(file.path);
    const auto status = status_in(parent, file.path);
    const bool absent = !status.has_value() && status.error() == ENOENT;
    if (!status.has_value() && !absent) return leave(reason_of(status.error()));
    if (!absent) {
        if (!is_same(*status, file) || !inside_own_directory(file)) {
            return leave("it is not what this run created there");
        }
        const int flags = file.kind == OwnedKind::directory ? AT_REMOVEDIR : 0;
        if (unlinkat(parent.get(), name_of(file.path).c_str(), flags) != 0) {
            return leave(reason_of(errno));
        }
        cleanup.removed.push_back(file.path);
    }
    const auto noted = note("gone", file.path);
    if (!noted.has_value()) {
        leave(fmt::format("it is gone, but its entry could not be closed: {}",
                          elytra::io::error_text(noted.error())));
    }
}

void OwnershipLedger::report_expected(Cleanup& cleanup) {
    for (const Expected& expected : expected_) {
        if (expected.kind == OwnedKind::directory) {
            if (::access(expected.path.c_str(), F_OK) != 0) continue;
            cleanup.left.push_back(
                {.path = expected.path, .reason = "a run that was cut off may have created it"});
            continue;
        }
        for (std::string& found : files_that_begin_with(expected.path)) {
            cleanup.left.push_back(
                {.path = std::move(found),
                 .reason = "a format that was cut off may have created it, or others"});
        }
    }
}

Cleanup OwnershipLedger::remove_all() {
    Cleanup cleanup;
    report_expected(cleanup);
    const std::vector<OwnedFile> owned = owned_;
    for (const OwnedFile& file : std::views::reverse(owned)) {
        if (file.lifetime == Lifetime::until_removed) remove(file, cleanup);
    }
    return cleanup;
}

Result<Cleanup, std::string> clean_leftovers(const std::string& run_folder) {
    const std::string path = fmt::format("{}/{}", run_folder, ownership_file_name);
    if (::access(path.c_str(), F_OK) != 0) return Cleanup{};
    auto ledger = OwnershipLedger::open(path);
    if (!ledger.has_value()) return Unexpected(ledger.error());
    return ledger->remove_all();
}

}  // namespace elytractl::process
