#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/common/result.hpp"
#include "server/io/data_file.hpp"

namespace elytra::io {

// A data file in the making: it lives under a temporary name in its final directory until it is
// complete. Never replaces an existing file; unless published, it disappears with the object.
class NewDataFile {
public:
    // Allocates `size` bytes of zeros on the device, so that filling them cannot run out of space.
    static Result<std::unique_ptr<NewDataFile>, FileError> create(const std::string& path,
                                                                  std::uint64_t size,
                                                                  DirectIo direct_io);

    NewDataFile(const NewDataFile&) = delete;
    NewDataFile& operator=(const NewDataFile&) = delete;
    ~NewDataFile();

    DataFile& file() { return file_; }

    // Flushes the file and gives it its name; from then on it is durable and stays. At most once.
    Result<DataFile, FileError> publish();

private:
    NewDataFile(DataFile file, std::string path);

    DataFile file_;
    std::string path_;
    std::string path_temporary_;  // empty once published
};

}  // namespace elytra::io
