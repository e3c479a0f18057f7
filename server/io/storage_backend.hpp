#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/common/result.hpp"
#include "server/io/asio.hpp"
#include "server/io/data_file.hpp"
#include "server/io/logging.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::io {

struct IoCompletion {
    storage::IoToken token;
    storage::IoStatus status = storage::IoStatus::ok;
};

// Called by the loop with everything that has completed since the last call.
using IoDone = std::function<void(std::span<const IoCompletion>)>;

// No more operations are in flight at any time; the bounds of the core stay well below.
inline constexpr std::uint32_t storage_operations_max = 1024;

// Carries out the I/O of the core on a data file. A failed write or flush ends the process and is
// never retried; sectors that cannot be read come back as zeros. Lives on the thread of the
// io_context, which has work as long as an operation is in flight. The destructor waits for the
// operations in flight and reports none of them; it requires that the io_context does not run any
// more.
class StorageBackend {
public:
    StorageBackend() = default;
    StorageBackend(const StorageBackend&) = delete;
    StorageBackend& operator=(const StorageBackend&) = delete;
    virtual ~StorageBackend() = default;

    // Starts all of them, in any order. No completion is reported before this returns.
    virtual void submit(std::span<const storage::IoEffect> effects) = 0;

    // "io_uring" or "threads".
    virtual std::string_view name() const = 0;
};

enum class IoEngine : std::uint8_t { automatic, io_uring, threads };

struct StorageSetup {
    asio::io_context& loop;
    const DataFile& file;  // outlives the backend
    Log log;
    IoEngine engine = IoEngine::automatic;
};

// `automatic` takes threads where the kernel or a container forbids io_uring, and says so in one
// line. The error, only for a forced io_uring, is the reason why there is none.
Result<std::unique_ptr<StorageBackend>, std::string> make_storage(const StorageSetup& setup,
                                                                  IoDone done);

}  // namespace elytra::io
