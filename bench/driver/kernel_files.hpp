#pragma once

#include <string>
#include <string_view>

namespace elytra::bench {

// What the kernel tells in files such as /proc/stat; empty where there is no such file.
std::string first_line(const std::string& path);

// What follows "KEY:" in a file of such lines, without leading blanks; empty where there is none.
std::string value_of(const std::string& path, std::string_view key);

}  // namespace elytra::bench
