#include "server/io/file_error.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace elytra::io {

namespace {

struct Meaning {
    FileErrorKind kind;
    std::string_view advice;
};

Meaning meaning_of(int os_error) {
    switch (os_error) {
        case ENOENT:
            return {FileErrorKind::not_found, "check the path"};
        case EEXIST:
            return {FileErrorKind::already_exists, "choose another path or move the file away"};
        case EISDIR:
            return {FileErrorKind::wrong_type, "name a file inside the directory"};
        case ENOSPC:
            return {FileErrorKind::no_space, "free space on the device"};
        case EDQUOT:
            return {FileErrorKind::no_space, "raise the quota or free space"};
        case EFBIG:
            return {FileErrorKind::no_space, "raise the limit on file sizes (ulimit -f)"};
        case EACCES:
        case EPERM:
            return {FileErrorKind::os, "check the owner and the permissions"};
        case EROFS:
            return {FileErrorKind::os, "choose a writable file system"};
        case EMFILE:
            return {FileErrorKind::os, "raise the limit on open files (ulimit -n)"};
        default:
            return {FileErrorKind::os, ""};
    }
}

}  // namespace

FileError file_error(int os_error, std::string_view action, std::string_view path) {
    const Meaning meaning = meaning_of(os_error);
    return FileError{
        .kind = meaning.kind,
        .os_error = os_error,
        .path = std::string(path),
        .action = std::string(action),
        .reason = error_text(os_error),
        .advice = std::string(meaning.advice),
    };
}

ExitCode exit_code_of(const FileError& error) {
    const bool full = error.os_error == ENOSPC || error.os_error == EDQUOT;
    return full ? ExitCode::no_space : ExitCode::refused;
}

std::string error_text(int os_error) { return std::generic_category().message(os_error); }

std::string to_text(const FileError& error) {
    std::string text = fmt::format("{} ({}): {}", error.action, error.path, error.reason);
    if (!error.advice.empty()) text += "; " + error.advice;
    return text;
}

}  // namespace elytra::io
