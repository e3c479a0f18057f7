#pragma once

#include <string>
#include <string_view>

#include "server/common/result.hpp"

namespace elytra::io {

// The directory a path names a file in; "." for a bare name.
std::string directory_of(std::string_view path);

// Makes the names in the directory of `path` durable. The error is an errno.
Result<void, int> flush_directory_of(std::string_view path);

// "ext4", "nfs", or the number of the type where it has no name here.
std::string file_system_name(const std::string& path);

}  // namespace elytra::io
