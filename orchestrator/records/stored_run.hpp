#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/common/result.hpp"

namespace elytractl::records {

// A run as it is found in its folder.
struct StoredRun {
    std::string id;
    std::string folder;
    // result.json; where the run ended before it wrote one, an object with the head of a result.
    // run.state is "running" only while somebody holds the lock, otherwise "incomplete".
    nlohmann::json result;
    std::vector<std::string> tags;
    std::string problem;  // why result.json could not be read; empty where it could
};

// Reads `directory`/`id`. A result that says "running" although nobody holds the lock any more is
// marked incomplete, in the file too where that can be written.
StoredRun read_run(const std::string& directory, const std::string& id);

bool is_tag(const std::string& text);

// Replaces the tags of a run. Requires: each is_tag(). The error is a sentence.
elytra::Result<void, std::string> write_tags(const std::string& folder,
                                             const std::vector<std::string>& tags);

// The last line of a log that is not empty, without control characters and cut to a length that
// fits on a screen; empty where there is none.
std::string last_log_line(const std::string& path);

}  // namespace elytractl::records
