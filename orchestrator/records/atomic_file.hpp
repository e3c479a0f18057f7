#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/common/result.hpp"

namespace elytractl::records {

// Under this name in the same directory a file is written before it takes the place of the old one.
std::string temporary_name(std::string_view name);

// Afterwards the file has the text, and on a crash meanwhile the old one or the new one is there in
// whole. Only one process at a time may write a file. The error is a sentence.
elytra::Result<void, std::string> write_atomically(const std::string& path, std::string_view text);

// Makes a file that must not be there yet. The error is a sentence.
elytra::Result<void, std::string> write_new_file(const std::string& path, std::string_view text);

// The whole of a regular file; none when it is something else, cannot be read, or is larger than
// `size_max`.
std::optional<std::string> read_file(const std::string& path, std::size_t size_max);

}  // namespace elytractl::records
