#include "orchestrator/records/stored_run.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_lock.hpp"
#include "orchestrator/report/json_read.hpp"
#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::records {
namespace {

using nlohmann::json;

constexpr std::size_t result_size_max = std::size_t{1} << 30;
constexpr std::size_t tags_size_max = 64 * 1024;
constexpr std::size_t tag_size_max = 64;
constexpr std::size_t log_tail_size = 8192;
constexpr std::size_t log_line_max = 200;
constexpr int json_indent = 1;

json head_of_lost_result(const std::string& id) {
    return {{"run", {{"id", id}, {"kind", ""}, {"name", ""}, {"state", "running"}}},
            {"measurements", json::array()},
            {"summary", json::array()}};
}

std::vector<std::string> read_tags(const std::string& folder) {
    std::vector<std::string> tags;
    const std::string text = read_file(folder + "/tags", tags_size_max).value_or("");
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string tag = text.substr(begin, end - begin);
        if (is_tag(tag)) tags.push_back(std::move(tag));
        begin = end + 1;
    }
    return tags;
}

void read_result(StoredRun& run) {
    run.problem.clear();
    const auto text = read_file(run.folder + "/result.json", result_size_max);
    if (text) run.result = json::parse(*text, nullptr, false);
    if (text && report::part_of(run.result, "run").is_object()) return;
    run.problem = text ? "result.json is damaged" : "there is no result.json";
    run.result = head_of_lost_result(run.id);
}

bool says_running(const StoredRun& run) {
    return report::text_of(report::part_of(run.result, "run"), "state") == "running";
}

void mark_incomplete(StoredRun& run) {
    run.result["run"]["state"] = "incomplete";
    if (!run.problem.empty()) return;
    // Whoever gets the lock may write. Nobody but the orchestrator of the run had it, so that what
    // was read before is still what is there.
    const auto lock = RunLock::acquire(run.folder, {"elytractl, marking the run incomplete"});
    if (!lock.has_value()) return;
    const auto replace = json::error_handler_t::replace;
    // A folder that cannot be written to keeps its old mark; it is read as incomplete all the same.
    static_cast<void>(write_atomically(run.folder + "/result.json",
                                       run.result.dump(json_indent, ' ', false, replace) + "\n"));
}

}  // namespace

StoredRun read_run(const std::string& directory, const std::string& id) {
    StoredRun run{
        .id = id, .folder = directory + "/" + id, .result = {}, .tags = {}, .problem = {}};
    read_result(run);
    run.tags = read_tags(run.folder);
    if (!says_running(run) || lock_holder(run.folder).has_value()) return run;
    // Its orchestrator may have ended meanwhile; it writes its result before it lets go.
    read_result(run);
    if (says_running(run)) mark_incomplete(run);
    return run;
}

bool is_tag(const std::string& text) {
    constexpr std::string_view marks = "-_.:/+";
    return !text.empty() && text.size() <= tag_size_max &&
           std::ranges::all_of(text, [&](unsigned char letter) {
               return std::isalnum(letter) != 0 ||
                      marks.find(static_cast<char>(letter)) != std::string_view::npos;
           });
}

elytra::Result<void, std::string> write_tags(const std::string& folder,
                                             const std::vector<std::string>& tags) {
    std::string text;
    for (const std::string& tag : tags) text += tag + "\n";
    return write_atomically(folder + "/tags", text);
}

std::string last_log_line(const std::string& path) {
    const elytra::io::FileDescriptor file(
        ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));

    struct stat status {};

    if (!file.is_open() || ::fstat(file.get(), &status) != 0) return "";
    if (!S_ISREG(status.st_mode)) return "";
    const auto size = elytra::narrow<std::size_t>(status.st_size);
    std::string text(std::min(size, log_tail_size), '\0');
    const auto offset = elytra::narrow<off_t>(size - text.size());
    const ssize_t count = ::pread(file.get(), text.data(), text.size(), offset);
    if (count <= 0) return "";
    text.resize(elytra::narrow<std::size_t>(count));
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
        text.pop_back();
    }
    text.erase(0, text.rfind('\n') + 1);
    std::erase_if(text, [](unsigned char letter) { return std::iscntrl(letter) != 0; });
    return text.substr(0, log_line_max);
}

}  // namespace elytractl::records
