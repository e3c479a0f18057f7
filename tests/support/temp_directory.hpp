#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace elytra::test {

// A fresh directory below the system's one for temporary files; removed with everything in it.
class TempDirectory {
public:
    TempDirectory();
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    ~TempDirectory();

    std::string path(const std::string& name) const { return (path_ / name).string(); }

    // Files and directories in it now.
    std::size_t entry_count() const;

private:
    std::filesystem::path path_;
};

}  // namespace elytra::test
