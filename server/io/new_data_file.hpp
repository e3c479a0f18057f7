#pragma once

#include <cstdint>
#include <string>

#include "server/common/result.hpp"
#include "server/io/data_file.hpp"

namespace elytra::io {

// A data file in the making: it lives under a temporary name in its final directory until it is
// complete. Never replaces an existing file; unless published, it disappears with the object.
class NewDataFile {
public:
    explicit NewDataFile(std::string path);
    NewDataFile(const NewDataFile&) = delete;
    NewDataFile& operator=(const NewDataFile&) = delete;
    ~NewDataFile();

    // Allocates `size` bytes of zeros on the device, so that filling them cannot run out of space.
    // Once.
    Result<void, FileError> create(std::uint64_t size, DirectIo direct_io);

    // Requires: created.
    const DataFile& file() const { return file_; }

    // Flushes the file and gives it its name; from then on it is durable and stays. Once, after
    // create().
    Result<DataFile, FileError> publish();

private:
    Result<void, FileError> open(DirectIo direct_io);
    Result<void, FileError> allocate(std::uint64_t size);

    DataFile file_;
    std::string path_;
    std::string path_temporary_;  // what to remove; empty once published
};

}  // namespace elytra::io
