#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/host/release_index.hpp"
#include "orchestrator/host/release_name.hpp"
#include "orchestrator/host/store_error.hpp"
#include "server/common/result.hpp"

namespace elytractl::host {

// A program as a run names it.
struct Subject {
    std::string path;     // what to execute
    std::string release;  // its name in the store; empty for a plain path
    FileDigest digest;
    std::string version;
};

enum class Replace : bool { no, yes };

enum class AddOutcome : std::uint8_t { added, known, replaced };

struct Added {
    std::string name;
    Release release;
    AddOutcome outcome{};
};

enum class BlobState : std::uint8_t { intact, missing, changed, unreadable };

struct Verified {
    std::string name;
    Release release;
    BlobState state{};
    std::string found;  // the hash of the bytes that are there, or why they cannot be read
};

// Server programs stored by the SHA-256 of their bytes, and names for them:
//
//   FOLDER/blobs/<sha256>   read-only, executable, never changed
//   FOLDER/index.json       names; replaced as a whole, under FOLDER/lock
//
// Any number of processes may use one folder. A program is complete under its hash before a name
// refers to it, so a crash at any moment leaves at most a file that nothing refers to.
class ReleaseStore {
public:
    // The folder is created when something is added.
    explicit ReleaseStore(std::string folder) : folder_(std::move(folder)) {}

    const std::string& folder() const { return folder_; }

    // All of them or none. Adding the same bytes again changes nothing, but heals a damaged copy;
    // other bytes under a name that is taken need Replace::yes.
    elytra::Result<std::vector<Added>, StoreError> add(std::span<const NamedPath> wishes,
                                                       Replace replace);

    elytra::Result<ReleaseIndex, StoreError> list() const;

    // Hashes what is stored: of one name, or of all.
    elytra::Result<std::vector<Verified>, StoreError> verify(
        const std::optional<std::string>& name) const;

    // "release:NAME" is looked up and must be intact; anything else is the path of a program.
    elytra::Result<Subject, StoreError> resolve(const std::string& text) const;

private:
    struct Staged;

    std::string blob_path(const FileDigest& digest) const;
    std::string index_path() const;
    elytra::Result<Staged, StoreError> stage(const NamedPath& wish) const;
    elytra::Result<std::vector<Added>, StoreError> publish(std::vector<Staged>& staged,
                                                           Replace replace);
    elytra::Result<void, StoreError> write_index(const ReleaseIndex& index) const;
    Verified verify_one(const std::string& name, const Release& release) const;

    std::string folder_;
};

// ELYTRACTL_RELEASES, or elytractl/releases in XDG_DATA_HOME, or in ~/.local/share.
std::string default_release_folder();

}  // namespace elytractl::host
