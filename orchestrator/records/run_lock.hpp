#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"

namespace elytractl::records {

struct LockError {
    enum class Kind : std::uint8_t { busy, failed };

    Kind kind = Kind::failed;
    // "runs/0042-brisk-otter is in use by process 4711 on HOST: elytractl bench ..."
    std::string text;
};

// The one orchestrator that works in a run folder holds `<folder>/lock`, in which it writes who it
// is. The kernel lets go of the lock when the process ends, however it ends; the file stays.
class RunLock {
public:
    // Fails at once when somebody else has it.
    static elytra::Result<RunLock, LockError> acquire(const std::string& folder,
                                                      const std::vector<std::string>& command);

private:
    explicit RunLock(elytra::io::FileDescriptor file) : file_(std::move(file)) {}

    elytra::io::FileDescriptor file_;
};

// Who holds the lock of the folder; none when nobody does, or when there is no lock.
std::optional<std::string> lock_holder(const std::string& folder);

}  // namespace elytractl::records
