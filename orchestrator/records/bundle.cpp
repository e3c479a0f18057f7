#include "orchestrator/records/bundle.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/records/atomic_file.hpp"
#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::records {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;

constexpr mode_t file_mode = 0644;
constexpr std::size_t json_size_max = std::size_t{64} << 20;
// A log that does not fit is worth its ends, unless they are too short to tell anything.
constexpr std::uint64_t log_part_min = 1024;
// How it begins says less than how it ends.
constexpr std::uint64_t first_part_divisor = 4;

struct CloseArchive {
    void operator()(archive* one) const { archive_write_free(one); }
};

struct CloseEntry {
    void operator()(archive_entry* one) const { archive_entry_free(one); }
};

using Archive = std::unique_ptr<archive, CloseArchive>;

bool is_log(const std::string& name) { return name.starts_with("logs/") || name == "events.jsonl"; }

// The lower, the sooner it is packed.
int rank_of(const std::string& name) {
    constexpr std::array<std::string_view, 4> first{"result.json", "plan.json", "environment.json",
                                                    "commands.txt"};
    if (std::ranges::find(first, name) != first.end()) return 0;
    if (is_log(name)) return 1;
    return name.starts_with("hdr/") ? 3 : 2;
}

std::string error_of(archive* writer) {
    const char* const text = archive_error_string(writer);
    return text != nullptr ? text : "unknown error";
}

bool write_head(archive* writer, const std::string& name, std::uint64_t size) {
    const std::unique_ptr<archive_entry, CloseEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), elytra::narrow<la_int64_t>(size));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), file_mode);
    return archive_write_header(writer, entry.get()) == ARCHIVE_OK;
}

bool write_body(archive* writer, std::string_view bytes) {
    return archive_write_data(writer, bytes.data(), bytes.size()) ==
           elytra::narrow<la_ssize_t>(bytes.size());
}

// Bytes of a file; fewer where it became shorter meanwhile.
std::optional<std::string> read_range(const FileDescriptor& file, std::uint64_t offset,
                                      std::uint64_t size) {
    std::string bytes(elytra::narrow<std::size_t>(size), '\0');
    std::size_t length = 0;
    while (length < bytes.size()) {
        const ssize_t count = ::pread(file.get(), bytes.data() + length, bytes.size() - length,
                                      elytra::narrow<off_t>(offset + length));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::nullopt;
        if (count == 0) break;
        length += elytra::narrow<std::size_t>(count);
    }
    bytes.resize(length);
    return bytes;
}

// What of the file goes into the archive, with a line where something was cut.
std::optional<std::string> read_part(const FileDescriptor& file, const BundlePart& part) {
    std::optional<std::string> first = read_range(file, 0, part.first);
    if (!first || !part.is_cut()) return first;
    const std::optional<std::string> last = read_range(file, part.size - part.last, part.last);
    if (!last) return std::nullopt;
    return fmt::format("{}\n[... {} bytes cut ...]\n{}", *first, part.size - part.kept(), *last);
}

// Scripts of a page are full of what looks like assignments.
Redaction redaction_for(const Redaction& redaction, const std::string& name) {
    Redaction fitting = redaction;
    if (name.ends_with(".html")) fitting.assignments = false;
    return fitting;
}

bool is_text(const std::string& name) { return !name.starts_with("hdr/"); }

FileDescriptor open_part(const std::string& folder, const std::string& name) {
    const FileDescriptor opened(
        ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) {
        return FileDescriptor(::openat(opened.get(), name.c_str(), flags));
    }
    const FileDescriptor inside(::openat(opened.get(), name.substr(0, slash).c_str(),
                                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return FileDescriptor(::openat(inside.get(), name.substr(slash + 1).c_str(), flags));
}

std::string list_of_parts(const std::vector<BundlePart>& parts, const RedactionCounts& counts) {
    std::string text = "bytes packed, bytes of the file, name\n";
    for (const BundlePart& part : parts) {
        text +=
            fmt::format("{:>12} {:>12}  {}{}\n", part.kept(), part.size, part.name,
                        part.kept() > 0 && part.is_cut()
                            ? fmt::format(" (the first {} and the last {})", part.first, part.last)
                            : "");
    }
    return text + fmt::format(
                      "redacted: {} times a secret, {} times the home directory, {} times "
                      "the name of the machine\n",
                      counts.secrets, counts.homes, counts.hosts);
}

elytra::Result<RedactionCounts, std::string> write_parts(archive* writer, const std::string& folder,
                                                         const std::vector<BundlePart>& parts,
                                                         const Redaction& redaction) {
    const std::string id = folder.substr(folder.rfind('/') + 1);
    RedactionCounts counts;
    for (const BundlePart& part : parts) {
        if (part.kept() == 0 && part.size > 0) continue;
        const FileDescriptor file = open_part(folder, part.name);
        std::optional<std::string> text;
        if (file.is_open()) text = read_part(file, part);
        if (!text) {
            return Unexpected(fmt::format("cannot read {}/{}: {}", folder, part.name,
                                          elytra::io::error_text(errno)));
        }
        if (is_text(part.name)) {
            text = redact(redaction_for(redaction, part.name), std::move(*text), counts);
        }
        if (!write_head(writer, id + "/" + part.name, text->size()) || !write_body(writer, *text)) {
            return Unexpected(error_of(writer));
        }
    }
    const std::string list = list_of_parts(parts, counts);
    if (!write_head(writer, id + "/BUNDLE.txt", list.size()) || !write_body(writer, list) ||
        archive_write_close(writer) != ARCHIVE_OK) {
        return Unexpected(error_of(writer));
    }
    return counts;
}

}  // namespace

std::vector<BundlePart> plan_bundle(const RunContent& content, std::uint64_t size_max) {
    std::vector<BundlePart> parts;
    for (const RunFile& file : content.files) {
        if (file.name == "lock" || file.name == bundle_file_name) continue;
        parts.push_back({.name = file.name, .size = file.size});
    }
    std::ranges::stable_sort(parts, [](const BundlePart& left, const BundlePart& right) {
        const int left_rank = rank_of(left.name);
        const int right_rank = rank_of(right.name);
        return left_rank != right_rank ? left_rank < right_rank : left.size < right.size;
    });
    std::uint64_t left = size_max;
    for (BundlePart& part : parts) {
        if (part.size <= left) {
            part.first = part.size;
        } else if (is_log(part.name) && left >= log_part_min) {
            part.first = left / first_part_divisor;
            part.last = left - part.first;
        }
        left -= part.kept();
    }
    return parts;
}

Redaction with_secrets_of_run(Redaction redaction, const std::string& folder) {
    for (const char* const name : {"result.json", "plan.json", "request.json"}) {
        const auto text = read_file(fmt::format("{}/{}", folder, name), json_size_max);
        if (text) add_secrets(redaction, nlohmann::json::parse(*text, nullptr, false));
    }
    return redaction;
}

Result<RedactionCounts, std::string> write_bundle(const std::string& path,
                                                  const std::string& folder,
                                                  const std::vector<BundlePart>& parts,
                                                  const Redaction& redaction) {
    const FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!file.is_open()) {
        return Unexpected(fmt::format("cannot write {}: {}", path, elytra::io::error_text(errno)));
    }
    const Archive writer(archive_write_new());
    const bool ready = archive_write_add_filter_zstd(writer.get()) == ARCHIVE_OK &&
                       archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK &&
                       archive_write_open_fd(writer.get(), file.get()) == ARCHIVE_OK;
    auto written = ready ? write_parts(writer.get(), folder, parts, redaction)
                         : Result<RedactionCounts, std::string>(Unexpected(error_of(writer.get())));
    if (written.has_value()) return written;
    ::unlink(path.c_str());  // half an archive helps nobody
    return Unexpected(fmt::format("cannot write {}: {}", path, written.error()));
}

}  // namespace elytractl::records
