#pragma once

#include "server/common/limits.hpp"
#include "server/common/result.hpp"
#include "server/io/data_file.hpp"
#include "server/io/file_error.hpp"
#include "server/storage/formatter.hpp"

namespace elytra::runtime {

struct FormatPlan {
    storage::Identity identity;
    Limits limits = limits_production();
};

// Writes an empty data file of a replica into a new file. After an error the file is of no use; it
// has no name yet, so nothing of it remains.
Result<void, io::FileError> format(const io::DataFile& file, const FormatPlan& plan);

}  // namespace elytra::runtime
