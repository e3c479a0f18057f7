#pragma once

#include <string>

namespace elytra::cli {

// What a file is that stands where a data file should be created: "it is a data file of cluster 7,
// replica 0, and in use". Empty where that cannot be told. Reads only.
std::string describe_existing_file(const std::string& path);

}  // namespace elytra::cli
