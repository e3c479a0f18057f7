#include "server/io/directory.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "server/io/file_descriptor.hpp"

namespace elytra::io {

namespace {

struct NamedType {
    unsigned long magic;
    std::string_view name;
};

constexpr NamedType named_types[] = {
    {EXT4_SUPER_MAGIC, "ext4"}, {XFS_SUPER_MAGIC, "xfs"},   {BTRFS_SUPER_MAGIC, "btrfs"},
    {TMPFS_MAGIC, "tmpfs"},     {NFS_SUPER_MAGIC, "nfs"},   {OVERLAYFS_SUPER_MAGIC, "overlay"},
    {FUSE_SUPER_MAGIC, "fuse"}, {V9FS_MAGIC, "9p"},         {ECRYPTFS_SUPER_MAGIC, "ecryptfs"},
    {SMB2_SUPER_MAGIC, "smb2"}, {CIFS_SUPER_MAGIC, "cifs"}, {0x2fc12fc1, "zfs"},
    {RAMFS_MAGIC, "ramfs"},     {F2FS_SUPER_MAGIC, "f2fs"},
};

}  // namespace

std::string directory_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

Result<void, int> flush_directory_of(std::string_view path) {
    const FileDescriptor directory(
        ::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open() || fsync(directory.get()) != 0) return Unexpected(errno);
    return {};
}

std::string file_system_name(const std::string& path) {
    struct statfs status {};

    if (statfs(path.c_str(), &status) != 0) return "unknown";
    const auto magic = static_cast<unsigned long>(status.f_type) & 0xffff'ffff;
    for (const NamedType& type : named_types) {
        if (type.magic == magic) return std::string(type.name);
    }
    return fmt::format("type {:#x}", magic);
}

}  // namespace elytra::io
