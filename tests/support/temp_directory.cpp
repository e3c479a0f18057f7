#include "tests/support/temp_directory.hpp"

#include <iterator>

#include <stdlib.h>

#include "server/common/assert.hpp"

namespace elytra::test {

TempDirectory::TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "elytra_test_XXXXXX").string();
    ELYTRA_ASSERT(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

TempDirectory::~TempDirectory() { std::filesystem::remove_all(path_); }

std::size_t TempDirectory::entry_count() const {
    const auto entries = std::filesystem::directory_iterator(path_);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace elytra::test
