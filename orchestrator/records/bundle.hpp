#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/records/run_files.hpp"
#include "server/common/result.hpp"

namespace elytractl::records {

// A file of the run with how much of its end goes into the archive.
struct BundlePart {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t kept = 0;  // 0: it is left out
};

// Which files fit into the budget: what says most for its size first, of logs at least the end.
std::vector<BundlePart> plan_bundle(const RunContent& content, std::uint64_t size_max);

// Writes the parts as <id>/<name> into a tar archive, compressed by zstd, with a list of all files
// and of what was left out or cut. Never replaces a file, never follows a symbolic link, and takes
// no data file: only what a run folder is known to contain. The error is a sentence.
elytra::Result<void, std::string> write_bundle(const std::string& path, const std::string& folder,
                                               const std::vector<BundlePart>& parts);

}  // namespace elytractl::records
