#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/io/exit_code.hpp"

namespace elytra::io {

enum class FileErrorKind : std::uint8_t {
    not_found,
    already_exists,
    wrong_type,    // a directory, a device, a socket
    locked,        // another process has it open for writing
    no_direct_io,  // the file system cannot bypass its cache
    no_space,      // device, quota or file-size limit
    os,            // anything else: see os_error
};

struct FileError {
    FileErrorKind kind = FileErrorKind::os;
    int os_error = 0;  // errno; 0 where the refusal is our own
    std::string path{};
    std::string action{};  // "cannot open data file"
    std::string reason{};
    std::string advice{};  // what the user can do; may be empty
};

// The kind follows from errno.
FileError file_error(int os_error, std::string_view action, std::string_view path);

// A full device has a status of its own; a limit on file sizes is a refusal as any other.
ExitCode exit_code_of(const FileError& error);

// The text of an errno, safe on any thread.
std::string error_text(int os_error);

// cannot open data file (x.elytra): No such file or directory; create it with format
std::string to_text(const FileError& error);

}  // namespace elytra::io
