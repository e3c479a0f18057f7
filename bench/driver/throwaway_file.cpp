#include "bench/driver/throwaway_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/common/int.hpp"
#include "server/io/random.hpp"

namespace elytra::bench {
namespace {

constexpr std::uint64_t block_size = 512;  // of st_blocks, whatever the file system

}  // namespace

FileSizes sizes_of(const std::string& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) return {};
    return {.apparent = narrow<std::uint64_t>(status.st_size),
            .allocated = narrow<std::uint64_t>(status.st_blocks) * block_size};
}

ThrowawayFile::ThrowawayFile(const std::string& path_of_user)
    : path_(path_of_user), ours_(path_of_user.empty()) {
    if (ours_) {
        path_ = fmt::format("0_0-{:08x}.tigerbeetle.benchmark", io::random_u64() & 0xffff'ffff);
    }
}

ThrowawayFile::~ThrowawayFile() {
    if (ours_) ::unlink(path_.c_str());
}

}  // namespace elytra::bench
