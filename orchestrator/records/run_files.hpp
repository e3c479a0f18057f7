#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/common/result.hpp"

namespace elytractl::records {

// The names of all run folders in a directory, in the order of their numbers.
std::vector<std::string> run_names(const std::string& directory);

// Whether a run folder may contain a file of this name, relative to it: "logs/m0-r0.log".
bool is_run_file(std::string_view name);

struct RunFile {
    std::string name;  // relative to the folder of the run
    std::uint64_t size = 0;
};

// What is in a run folder. Nothing is followed: a symbolic link is foreign, and so is anything that
// is no regular file, or whose name no run writes.
struct RunContent {
    std::vector<RunFile> files;
    std::vector<std::string> directories;  // "hdr", "logs"
    std::vector<std::string> foreign;
};

// The error is a sentence.
elytra::Result<RunContent, std::string> list_run(const std::string& folder);

// Removes the files listed, one by one and each still a regular file, then the directories, which
// must be empty by then. Requires: nothing foreign, and nobody holds the lock. The error is a
// sentence; what was not removed by then stays.
elytra::Result<void, std::string> remove_run(const std::string& folder, const RunContent& content);

}  // namespace elytractl::records
