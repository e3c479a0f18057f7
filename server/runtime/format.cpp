#include "server/runtime/format.hpp"

#include "server/io/fatal.hpp"

namespace elytra::runtime {

storage::FormatStatus format(io::asio::io_context& loop, const io::DataFile& file,
                             const FormatPlan& plan, const io::Log& log) {
    storage::IoQueue queue;
    storage::Formatter formatter(plan.limits, plan.identity, queue);
    const io::StorageSetup setup{
        .loop = loop, .file = file, .log = log.scoped("io"), .engine = plan.engine};
    auto storage = io::make_storage(setup, [&](std::span<const io::IoCompletion> done) {
        for (const io::IoCompletion& one : done) formatter.on_io_done(one.token, one.status);
    });
    if (!storage.has_value()) io::fatal(io::ExitCode::refused, storage.error());
    // Between two steps nothing is in flight, and a loop without work would stop for good.
    const auto work = io::asio::make_work_guard(loop);
    formatter.start();
    while (formatter.status() == storage::FormatStatus::formatting) {
        (*storage)->submit(queue.effects());
        queue.clear();
        loop.run_one();
    }
    return formatter.status();
}

}  // namespace elytra::runtime
