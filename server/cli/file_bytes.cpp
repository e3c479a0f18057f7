#include "server/cli/file_bytes.hpp"

#include <algorithm>

#include "server/io/io_progress.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::cli {

void FileBytes::read(std::uint64_t offset, std::span<std::byte> into) {
    if (into.empty()) return;
    // Also what is damaged may say where to read; the kernel takes no offset beyond this.
    if (offset >= file_.size()) {
        std::ranges::fill(into, std::byte{0});
        return;
    }
    const io::IoProgress done =
        io::perform_io(storage::Read{.offset = offset, .bytes = into, .token = {}}, file_);
    if (done.state() == io::IoProgress::State::done) return;
    error_ = done.failure().os_error;
    std::ranges::fill(into, std::byte{0});
}

}  // namespace elytra::cli
