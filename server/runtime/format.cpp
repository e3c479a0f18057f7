#include "server/runtime/format.hpp"

#include <cerrno>
#include <vector>

#include "server/io/io_progress.hpp"

namespace elytra::runtime {
namespace {

io::FileError format_error(int os_error, const io::DataFile& file) {
    return io::file_error(os_error, "cannot format data file", file.path());
}

}  // namespace

Result<void, io::FileError> format(const io::DataFile& file, const FormatPlan& plan) {
    storage::IoQueue queue;
    storage::Formatter formatter(plan.limits, plan.identity, queue);
    formatter.start();
    while (formatter.status() == storage::FormatStatus::formatting) {
        const std::vector<storage::IoEffect> effects(queue.effects().begin(),
                                                     queue.effects().end());
        queue.clear();
        for (const storage::IoEffect& effect : effects) {
            const io::IoProgress progress = io::perform_io(effect, file);
            if (progress.state() == io::IoProgress::State::failed) {
                return Unexpected(format_error(progress.failure().os_error, file));
            }
            formatter.on_io_done(progress.token(), progress.status());
        }
    }
    if (formatter.status() == storage::FormatStatus::no_space) {
        return Unexpected(format_error(ENOSPC, file));
    }
    return {};
}

}  // namespace elytra::runtime
