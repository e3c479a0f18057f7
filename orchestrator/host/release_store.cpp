#include "orchestrator/host/release_store.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/host/program_version.hpp"
#include "orchestrator/host/temporary_file.hpp"
#include "server/io/directory.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"
#include "server/io/random.hpp"

namespace elytractl::host {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::error_text;
using elytra::io::FileDescriptor;

constexpr std::string_view release_prefix = "release:";
constexpr mode_t blob_mode = 0555;
constexpr int json_indent = 2;

StoreError system_error(const std::string& path, int os_error) {
    return {StoreFault::system, fmt::format("{}: {}", path, error_text(os_error))};
}

StoreError unreadable(const std::string& path, int os_error) {
    return {StoreFault::unreadable, fmt::format("{}: {}", path, error_text(os_error))};
}

std::string temporary_path(const std::string& folder) {
    return fmt::format("{}/.{:016x}.new", folder, elytra::io::random_u64());
}

// Waits for its turn; whoever holds it has a few small files to write.
Result<FileDescriptor, int> lock_file(const std::string& path) {
    FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file.is_open()) return Unexpected(errno);
    while (flock(file.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return Unexpected(errno);
    }
    return file;
}

}  // namespace

struct ReleaseStore::Staged {
    std::string name;
    Release release;
    TemporaryFile file;
};

std::string ReleaseStore::blob_path(const FileDigest& digest) const {
    return fmt::format("{}/blobs/{}", folder_, digest.sha256);
}

std::string ReleaseStore::index_path() const { return folder_ + "/index.json"; }

Result<std::vector<Added>, StoreError> ReleaseStore::add(std::span<const NamedPath> wishes,
                                                         Replace replace) {
    const std::string blobs = folder_ + "/blobs";
    std::error_code error;
    std::filesystem::create_directories(blobs, error);
    if (error) return Unexpected(system_error(blobs, error.value()));
    std::vector<Staged> staged;
    for (const NamedPath& wish : wishes) {
        auto one = stage(wish);
        if (!one.has_value()) return Unexpected(one.error());
        staged.push_back(std::move(*one));
    }
    return publish(staged, replace);
}

// Copies first and asks the copy for its version, so that what is named, hashed and asked is one
// thing even where a build replaces the file at this moment.
Result<ReleaseStore::Staged, StoreError> ReleaseStore::stage(const NamedPath& wish) const {
    const FileDescriptor source(open(wish.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!source.is_open()) return Unexpected(unreadable(wish.path, errno));

    struct stat status {};

    if (fstat(source.get(), &status) != 0) return Unexpected(unreadable(wish.path, errno));
    if (!S_ISREG(status.st_mode)) {
        return Unexpected(
            StoreError{StoreFault::unreadable, fmt::format("{}: not a regular file", wish.path)});
    }
    TemporaryFile file(temporary_path(folder_ + "/blobs"));
    if (!file.is_open()) return Unexpected(system_error(file.path(), errno));
    const auto digest = copy_and_digest(source.get(), &file);
    if (!digest.has_value()) return Unexpected(system_error(file.path(), digest.error()));
    if (const auto done = file.finish(blob_mode); !done) {
        return Unexpected(system_error(file.path(), done.error()));
    }
    const auto version = program_version(file.path());
    if (!version.has_value()) {
        return Unexpected(StoreError{StoreFault::not_a_server,
                                     fmt::format("{}: {}", wish.path, version.error())});
    }
    return Staged{.name = wish.name,
                  .release = {.digest = *digest, .version = *version},
                  .file = std::move(file)};
}

Result<std::vector<Added>, StoreError> ReleaseStore::publish(std::vector<Staged>& staged,
                                                             Replace replace) {
    const auto lock = lock_file(folder_ + "/lock");
    if (!lock.has_value()) return Unexpected(system_error(folder_ + "/lock", lock.error()));
    auto index = list();
    if (!index.has_value()) return Unexpected(index.error());
    std::vector<Added> added;
    for (const Staged& one : staged) {
        const auto known = index->find(one.name);
        const bool same = known != index->end() && known->second.digest == one.release.digest;
        if (known != index->end() && !same && replace == Replace::no) {
            return Unexpected(StoreError{
                StoreFault::name_taken,
                fmt::format("{} is the name of {} already; choose another name, or --replace",
                            one.name, known->second.digest.sha256)});
        }
        const AddOutcome changed = known == index->end() ? AddOutcome::added : AddOutcome::replaced;
        added.push_back({one.name, one.release, same ? AddOutcome::known : changed});
        index->insert_or_assign(one.name, one.release);
    }
    for (Staged& one : staged) {
        const std::string path = blob_path(one.release.digest);
        if (const auto done = one.file.rename_to(path); !done) {
            return Unexpected(system_error(path, done.error()));
        }
    }
    if (const auto written = write_index(*index); !written) return Unexpected(written.error());
    return added;
}

Result<void, StoreError> ReleaseStore::write_index(const ReleaseIndex& index) const {
    TemporaryFile file(temporary_path(folder_));
    if (!file.is_open()) return Unexpected(system_error(file.path(), errno));
    const std::string text = to_json(index).dump(json_indent) + "\n";
    if (const auto written = file.append(std::as_bytes(std::span(text))); !written) {
        return Unexpected(system_error(file.path(), written.error()));
    }
    if (const auto finished = file.finish(0644); !finished) {
        return Unexpected(system_error(file.path(), finished.error()));
    }
    if (const auto renamed = file.rename_to(index_path()); !renamed) {
        return Unexpected(system_error(index_path(), renamed.error()));
    }
    return {};
}

Result<ReleaseIndex, StoreError> ReleaseStore::list() const {
    std::ifstream file(index_path());
    if (!file.is_open()) {
        if (errno == ENOENT) return ReleaseIndex{};
        return Unexpected(system_error(index_path(), errno));
    }
    std::ostringstream text;
    text << file.rdbuf();
    auto index = parse_release_index(text.str());
    if (index.has_value()) return std::move(*index);
    return Unexpected(StoreError{
        StoreFault::damaged,
        fmt::format("{}: {}; move it away and add the releases again: the programs are beside it",
                    index_path(), index.error())});
}

Verified ReleaseStore::verify_one(const std::string& name, const Release& release) const {
    Verified verified{.name = name, .release = release, .state = BlobState::intact, .found = {}};
    const auto digest = digest_file(blob_path(release.digest));
    if (!digest.has_value()) {
        const bool missing = digest.error() == ENOENT;
        verified.state = missing ? BlobState::missing : BlobState::unreadable;
        verified.found = error_text(digest.error());
    } else if (*digest != release.digest) {
        verified.state = BlobState::changed;
        verified.found = digest->sha256;
    }
    return verified;
}

Result<std::vector<Verified>, StoreError> ReleaseStore::verify(
    const std::optional<std::string>& name) const {
    const auto index = list();
    if (!index.has_value()) return Unexpected(index.error());
    if (name.has_value() && !index->contains(*name)) {
        return Unexpected(StoreError{StoreFault::unknown_name,
                                     fmt::format("there is no release {} in {}", *name, folder_)});
    }
    std::vector<Verified> all;
    for (const auto& [known, release] : *index) {
        if (!name.has_value() || known == *name) all.push_back(verify_one(known, release));
    }
    return all;
}

Result<Subject, StoreError> ReleaseStore::resolve(const std::string& text) const {
    if (text.starts_with(release_prefix)) {
        const auto verified = verify(text.substr(release_prefix.size()));
        if (!verified.has_value()) return Unexpected(verified.error());
        const Verified& one = verified->front();
        if (one.state != BlobState::intact) {
            return Unexpected(StoreError{
                StoreFault::damaged,
                fmt::format("release {} is damaged ({}); add it again", one.name, one.found)});
        }
        return Subject{.path = blob_path(one.release.digest),
                       .release = one.name,
                       .digest = one.release.digest,
                       .version = one.release.version};
    }
    const auto digest = digest_file(text);
    if (!digest.has_value()) return Unexpected(unreadable(text, digest.error()));
    const auto version = program_version(text);
    if (!version.has_value()) {
        return Unexpected(
            StoreError{StoreFault::not_a_server, fmt::format("{}: {}", text, version.error())});
    }
    return Subject{.path = text, .release = {}, .digest = *digest, .version = *version};
}

std::string default_release_folder() {
    const auto variable = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    if (const std::string folder = variable("ELYTRACTL_RELEASES"); !folder.empty()) return folder;
    std::string data = variable("XDG_DATA_HOME");
    if (data.empty()) data = variable("HOME") + "/.local/share";
    return data + "/elytractl/releases";
}

}  // namespace elytractl::host
