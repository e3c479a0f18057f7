#include "server/cli/existing_file.hpp"

#include <fmt/format.h>

#include "server/common/sector_buffer.hpp"
#include "server/common/text.hpp"
#include "server/io/data_file.hpp"
#include "server/io/io_progress.hpp"
#include "server/storage/layout.hpp"
#include "server/storage/superblock_copy.hpp"

namespace elytra::cli {

std::string describe_existing_file(const std::string& path) {
    const auto file = io::DataFile::open_to_inspect(path);
    if (!file.has_value()) return {};
    const std::string_view use = file->locked_elsewhere() ? ", and in use" : ", and not in use";
    SectorBuffer buffer(storage::superblock_copy_size);
    // The first two copies are at the very start; the place of the others is not known.
    for (std::uint32_t copy = 0; copy < 2; ++copy) {
        const storage::Read read{.offset = copy * storage::superblock_copy_distance,
                                 .bytes = buffer.bytes(),
                                 .token = {}};
        if (io::perform_io(read, *file).state() != io::IoProgress::State::done) return {};
        const auto found = storage::decode_superblock_copy(buffer.bytes());
        if (!found.has_value()) continue;
        const storage::Identity& identity = found->state.identity;
        return fmt::format("it is a data file of cluster {}, {} {}{}",
                           to_decimal(identity.cluster.value),
                           identity.standby ? "standby" : "replica", identity.replica.value, use);
    }
    return fmt::format("it is not a data file of ours{}", use);
}

}  // namespace elytra::cli
