#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/host/temporary_file.hpp"
#include "server/common/result.hpp"

namespace elytractl::host {

// What names a program: its bytes, not its path.
struct FileDigest {
    std::string sha256;  // 64 lower-case hexadecimal digits
    std::uint64_t size = 0;

    friend bool operator==(const FileDigest&, const FileDigest&) = default;
};

// The SHA-256 of some bytes, in lower-case hexadecimal digits.
std::string sha256_of(std::string_view bytes);

// Of all bytes of a regular file. The error is an errno.
elytra::Result<FileDigest, int> digest_file(const std::string& path);

// Of the bytes from where a descriptor stands to its end, which are copied to `target` unless it is
// absent. The error is an errno.
elytra::Result<FileDigest, int> copy_and_digest(int source, TemporaryFile* target);

}  // namespace elytractl::host
