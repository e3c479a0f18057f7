#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::process {

struct LockError {
    enum class Kind : std::uint8_t { busy, failed };

    Kind kind = Kind::failed;
    // "runs/0042 is in use by process 4711 on HOST: elytractl bench ..."
    std::string text;
};

// The one orchestrator that works in a run folder holds `<folder>/lock`, in which it writes who it
// is. The kernel lets go of the lock when the process ends, however it ends; the file stays.
class FolderLock {
public:
    static elytra::Result<FolderLock, LockError> acquire(const std::string& folder,
                                                         const std::vector<std::string>& command);

private:
    explicit FolderLock(elytra::io::FileDescriptor file) : file_(std::move(file)) {}

    elytra::io::FileDescriptor file_;
};

}  // namespace elytractl::process
