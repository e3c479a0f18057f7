#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/records/run_lock.hpp"
#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::records {

// The folder of a run while its orchestrator lives; holds its lock. All errors are sentences.
class RunFolder {
public:
    // Makes `directory`/<id> and locks it. The id is the next free number and two words that
    // `draw` chooses; two orchestrators never get the same number. Makes `directory` too.
    static elytra::Result<RunFolder, std::string> create(const std::string& directory,
                                                         const std::vector<std::string>& command,
                                                         std::uint64_t draw);

    const std::string& id() const { return id_; }

    const std::string& path() const { return path_; }

    std::string path_of(std::string_view name) const;

    // Replaces a file of the folder as a whole: "plan.json", "hdr/m0.hlog".
    elytra::Result<void, std::string> write(std::string_view name, std::string_view text);

    // The same for result.json, which is indented.
    elytra::Result<void, std::string> write_result(const nlohmann::json& result);

    // Adds a line to events.jsonl in one write, so that a crash cuts at most the last line.
    elytra::Result<void, std::string> append_event(const nlohmann::json& event);

private:
    RunFolder(std::string id, std::string path, RunLock lock)
        : id_(std::move(id)), path_(std::move(path)), lock_(std::move(lock)) {}

    std::string id_;
    std::string path_;
    RunLock lock_;
    elytra::io::FileDescriptor events_;
};

}  // namespace elytractl::records
