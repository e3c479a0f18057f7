#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <sys/types.h>

#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::host {

// A new file that disappears with the object unless it has been given its name. Errors are errnos.
class TemporaryFile {
public:
    // Not open where the system refuses; errno tells why.
    explicit TemporaryFile(std::string path);
    TemporaryFile(TemporaryFile&& other) noexcept;
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile();

    bool is_open() const { return descriptor_.is_open(); }

    int descriptor() const { return descriptor_.get(); }

    const std::string& path() const { return path_; }

    elytra::Result<void, int> append(std::span<const std::byte> bytes);

    // Makes the content durable and closes it, so that it can be executed.
    elytra::Result<void, int> finish(mode_t mode);

    // Replaces whatever has that name, durably. Requires: finished, the same file system.
    elytra::Result<void, int> rename_to(const std::string& path);

private:
    std::string path_;
    elytra::io::FileDescriptor descriptor_;
    bool ours_ = false;  // created by us, and without its name
};

}  // namespace elytractl::host
