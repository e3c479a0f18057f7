#pragma once

#include <cstdint>
#include <string>

namespace elytra::bench {

struct FileSizes {
    std::uint64_t apparent = 0;   // length, bytes
    std::uint64_t allocated = 0;  // blocks in use, bytes
};

// 0 where there is no file.
FileSizes sizes_of(const std::string& path);

// The data file of a benchmark: one with a name of our own in the current directory, which is
// removed by the destructor, or one that the user has named and keeps.
class ThrowawayFile {
public:
    // `path_of_user` is empty for a file of our own.
    explicit ThrowawayFile(const std::string& path_of_user);
    ThrowawayFile(const ThrowawayFile&) = delete;
    ThrowawayFile& operator=(const ThrowawayFile&) = delete;
    ~ThrowawayFile();

    const std::string& path() const { return path_; }

private:
    std::string path_;
    bool ours_;
};

}  // namespace elytra::bench
