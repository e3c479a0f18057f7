#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/records/redaction.hpp"
#include "orchestrator/records/run_files.hpp"
#include "server/common/result.hpp"

namespace elytractl::records {

// In the folder of a run that went wrong.
inline constexpr const char* bundle_file_name = "bundle.tar.zst";

// A file of the run with how much of it goes into the archive: all, or of a log its first and its
// last part.
struct BundlePart {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    std::uint64_t kept() const { return first + last; }  // 0: it is left out

    bool is_cut() const { return kept() < size; }
};

// Which files fit into the budget: what says most for its size first, of logs at least the ends.
std::vector<BundlePart> plan_bundle(const RunContent& content, std::uint64_t size_max);

// The same redaction with the secrets that the files of a run show to be such.
Redaction with_secrets_of_run(Redaction redaction, const std::string& folder);

// Writes the parts as <id>/<name> into a tar archive, compressed by zstd, with a list of all files,
// of what was left out or cut, and of how often something was redacted, which is returned. Never
// replaces a file, never follows a symbolic link, and takes no data file: only what a run folder is
// known to contain. The error is a sentence.
elytra::Result<RedactionCounts, std::string> write_bundle(const std::string& path,
                                                          const std::string& folder,
                                                          const std::vector<BundlePart>& parts,
                                                          const Redaction& redaction);

}  // namespace elytractl::records
