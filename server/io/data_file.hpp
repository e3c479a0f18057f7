#pragma once

#include <cstdint>
#include <string>

#include "server/common/result.hpp"
#include "server/io/file_descriptor.hpp"
#include "server/io/file_error.hpp"
#include "server/io/logging.hpp"
#include "server/storage/io_effect.hpp"

namespace elytra::io {

// `preferred` (--development): without direct I/O the data file works through the page cache.
enum class DirectIo : std::uint8_t { required, preferred };

// The open file of one replica. Owns two descriptors of the same file, one of which makes every
// write durable, and the lock that keeps other servers out; the lock ends with the object or the
// process.
class DataFile {
public:
    // Locks the file, waiting for a process that is just ending, and flushes file and directory so
    // that no decision rests on bytes that are only in a cache.
    static Result<DataFile, FileError> open(const std::string& path, DirectIo direct_io);

    // For reading only: takes no lock and does not mind one.
    static Result<DataFile, FileError> open_to_inspect(const std::string& path);

    const std::string& path() const { return path_; }

    int descriptor(storage::Durability durability) const;

    // Bytes, as the file system tells it now.
    std::uint64_t size() const;

    bool direct_io() const { return direct_io_; }

    // On a file system that loses everything with the power.
    bool in_memory() const;

    // Another process holds the lock: what an inspection reads may be inconsistent.
    bool locked_elsewhere() const;

private:
    friend class NewDataFile;

    DataFile() = default;

    // Opens without locking. The path names a regular file.
    static Result<DataFile, FileError> open_both(const std::string& path, DirectIo direct_io);

    std::string path_;
    FileDescriptor cached_;   // writes are durable after a flush
    FileDescriptor durable_;  // O_DSYNC; not open while inspecting
    bool direct_io_ = false;
};

// Warns about what makes the file less durable than promised.
void log_warnings(const DataFile& file, const Log& log);

}  // namespace elytra::io
