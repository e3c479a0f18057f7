#include "orchestrator/records/bundle.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"

namespace elytractl::records {
namespace {

using elytra::Result;
using elytra::Unexpected;
using elytra::io::FileDescriptor;

constexpr mode_t file_mode = 0644;
constexpr std::size_t chunk_size = std::size_t{64} * 1024;
// A log that does not fit is worth its end, unless that is too short to tell anything.
constexpr std::uint64_t log_part_min = 1024;

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

// The end of the file, as much of it as planned. A file that became shorter meanwhile is filled up
// with zeros by the archive.
bool write_part(archive* writer, const FileDescriptor& file, const BundlePart& part) {
    std::string chunk(chunk_size, '\0');
    std::uint64_t offset = part.size - part.kept;
    while (offset < part.size) {
        const std::uint64_t wanted = std::min<std::uint64_t>(chunk.size(), part.size - offset);
        const ssize_t count =
            ::pread(file.get(), chunk.data(), wanted, elytra::narrow<off_t>(offset));
        if (count < 0) return false;
        if (count == 0) return true;
        const auto length = elytra::narrow<std::size_t>(count);
        if (!write_body(writer, std::string_view(chunk).substr(0, length))) return false;
        offset += length;
    }
    return true;
}

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

std::string list_of_parts(const std::vector<BundlePart>& parts) {
    std::string text = "bytes packed, bytes of the file, name\n";
    for (const BundlePart& part : parts) {
        text += fmt::format("{:>12} {:>12}  {}\n", part.kept, part.size, part.name);
    }
    return text;
}

std::optional<std::string> write_parts(archive* writer, const std::string& folder,
                                       const std::vector<BundlePart>& parts) {
    const std::string id = folder.substr(folder.rfind('/') + 1);
    for (const BundlePart& part : parts) {
        if (part.kept == 0) continue;
        const FileDescriptor file = open_part(folder, part.name);
        if (!file.is_open()) {
            return fmt::format("cannot read {}/{}: {}", folder, part.name,
                               elytra::io::error_text(errno));
        }
        if (!write_head(writer, id + "/" + part.name, part.kept)) return error_of(writer);
        if (!write_part(writer, file, part)) return error_of(writer);
    }
    const std::string list = list_of_parts(parts);
    if (!write_head(writer, id + "/BUNDLE.txt", list.size())) return error_of(writer);
    if (!write_body(writer, list)) return error_of(writer);
    if (archive_write_close(writer) != ARCHIVE_OK) return error_of(writer);
    return std::nullopt;
}

}  // namespace

std::vector<BundlePart> plan_bundle(const RunContent& content, std::uint64_t size_max) {
    std::vector<BundlePart> parts;
    for (const RunFile& file : content.files) {
        if (file.name != "lock") parts.push_back({file.name, file.size, 0});
    }
    std::ranges::stable_sort(parts, [](const BundlePart& left, const BundlePart& right) {
        const int left_rank = rank_of(left.name);
        const int right_rank = rank_of(right.name);
        return left_rank != right_rank ? left_rank < right_rank : left.size < right.size;
    });
    std::uint64_t left = size_max;
    for (BundlePart& part : parts) {
        if (part.size <= left) {
            part.kept = part.size;
        } else if (is_log(part.name) && left >= log_part_min) {
            part.kept = left;
        }
        left -= part.kept;
    }
    return parts;
}

Result<void, std::string> write_bundle(const std::string& path, const std::string& folder,
                                       const std::vector<BundlePart>& parts) {
    const FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!file.is_open()) {
        return Unexpected(fmt::format("cannot write {}: {}", path, elytra::io::error_text(errno)));
    }
    const Archive writer(archive_write_new());
    const bool ready = archive_write_add_filter_zstd(writer.get()) == ARCHIVE_OK &&
                       archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK &&
                       archive_write_open_fd(writer.get(), file.get()) == ARCHIVE_OK;
    const std::optional<std::string> failed =
        ready ? write_parts(writer.get(), folder, parts) : error_of(writer.get());
    if (!failed) return {};
    ::unlink(path.c_str());  // half an archive helps nobody
    return Unexpected(fmt::format("cannot write {}: {}", path, *failed));
}

}  // namespace elytractl::records
