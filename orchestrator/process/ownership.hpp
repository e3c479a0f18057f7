#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::process {

enum class Lifetime : std::uint8_t {
    until_removed,  // whoever finds the ledger later may remove it too
    kept,           // the user wants to keep it; nobody removes it
};

enum class OwnedKind : std::uint8_t { file, directory };

// A file or directory that this run has created.
struct OwnedFile {
    OwnedKind kind = OwnedKind::file;
    Lifetime lifetime = Lifetime::until_removed;
    std::string path;  // absolute
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    bool operator==(const OwnedFile&) const = default;
};

// What was found where something of ours should have been, and is still there.
struct LeftBehind {
    std::string path;
    std::string reason;  // "it is not the file that this run created"
};

struct Cleanup {
    std::vector<std::string> removed;
    std::vector<LeftBehind> left;
};

// The list of what a run has created outside its own folder, on disk before it is used, so that
// whoever comes after a crash knows it too. Nothing else is ever deleted: an entry goes only while
// device and inode are still those of the list, one by one, never through a symbolic link, and a
// directory only when it is empty (spec/orchestrator 3.5, rule 1).
class OwnershipLedger {
public:
    // Opens or creates the list, one JSON object a line. The error is a sentence.
    static elytra::Result<OwnershipLedger, std::string> open(const std::string& path);

    // Creates a directory that is not there yet. After a crash meanwhile it is reported, but not
    // removed. The error is an errno.
    elytra::Result<void, int> make_directory(const std::string& path, Lifetime lifetime);

    // Notes that a child is about to create this file; after a crash meanwhile it is reported, but
    // not removed, because nobody knows that it is ours.
    elytra::Result<void, int> expect_file(const std::string& path);

    // Takes over a file that our child has just created in a directory of ours. ENOENT where there
    // is none, EEXIST where it is no regular file.
    elytra::Result<void, int> adopt_file(const std::string& path, Lifetime lifetime);

    // Takes over what a child of ours that has ended left unfinished in a directory of ours:
    // regular files whose names begin with that of `path`.
    void adopt_unfinished(const std::string& path);

    // Whether the directory is there and still the one that we created.
    bool owns_directory(const std::string& path) const;

    // Removes what shall not be kept, the youngest first.
    Cleanup remove_all();

    const std::vector<OwnedFile>& owned() const { return owned_; }

private:
    OwnershipLedger() = default;

    // What was about to be created when the list ended.
    struct Expected {
        OwnedKind kind = OwnedKind::file;
        std::string path;  // absolute
    };

    elytra::Result<void, int> read(const std::string& path);
    void apply(const std::string& line);
    elytra::Result<void, int> append(const std::string& line);
    elytra::Result<void, int> note(const char* what, const std::string& path);
    elytra::Result<void, int> record(const OwnedFile& file);
    void remove(const OwnedFile& file, Cleanup& cleanup);
    void report_expected(Cleanup& cleanup);
    bool inside_own_directory(const OwnedFile& file) const;

    elytra::io::FileDescriptor file_;
    std::vector<OwnedFile> owned_;
    std::vector<Expected> expected_;
};

inline constexpr const char* ownership_file_name = "owned.jsonl";

// After a run that did not end well: removes what its ledger names and nothing else. Requires: the
// lock of the run folder is held. The error is a sentence.
elytra::Result<Cleanup, std::string> clean_leftovers(const std::string& run_folder);

}  // namespace elytractl::process
