#include "server/io/storage_backend.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "server/io/thread_storage.hpp"
#include "server/io/uring_storage.hpp"

namespace elytra::io {

namespace {

std::string explain(int os_error) {
    if (os_error == ENOMEM) {
        rlimit limit{};
        getrlimit(RLIMIT_MEMLOCK, &limit);
        return fmt::format(
            "io_uring is not available ({}): raise RLIMIT_MEMLOCK, which is {} bytes",
            error_text(os_error), limit.rlim_cur);
    }
    return fmt::format(
        "io_uring is not available ({}): forbidden by the sysctl kernel.io_uring_disabled or by "
        "the "
        "seccomp profile of the container, or the kernel is too old",
        error_text(os_error));
}

}  // namespace

Result<std::unique_ptr<StorageBackend>, std::string> make_storage(const StorageSetup& setup,
                                                                  IoDone done) {
    using Backend = std::unique_ptr<StorageBackend>;
    if (setup.engine != IoEngine::threads) {
        auto uring = std::make_unique<UringStorage>(setup.loop, setup.file, done);
        const Result<void, int> opened = uring->open();
        if (opened.has_value()) return Backend(std::move(uring));
        const std::string reason = explain(opened.error());
        if (setup.engine == IoEngine::io_uring) return Unexpected(reason);
        setup.log.warning("{}; using threads instead", reason);
    }
    return Backend(std::make_unique<ThreadStorage>(setup.loop, setup.file, std::move(done)));
}

}  // namespace elytra::io
