#pragma once

#include "server/common/limits.hpp"
#include "server/io/asio.hpp"
#include "server/io/data_file.hpp"
#include "server/io/logging.hpp"
#include "server/io/storage_backend.hpp"
#include "server/storage/formatter.hpp"

namespace elytra::runtime {

struct FormatPlan {
    storage::Identity identity;
    Limits limits = limits_production();
    io::IoEngine engine = io::IoEngine::automatic;
};

// Writes an empty data file of a replica into a new file: done, or no_space. Any other failure of a
// write ends the process; the file has no name yet, so nothing of it remains.
storage::FormatStatus format(io::asio::io_context& loop, const io::DataFile& file,
                             const FormatPlan& plan, const io::Log& log);

}  // namespace elytra::runtime
