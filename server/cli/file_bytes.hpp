#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/inspect/byte_source.hpp"
#include "server/io/data_file.hpp"

namespace elytra::cli {

// The bytes of an open data file. It may change, grow and shrink meanwhile.
class FileBytes final : public inspect::ByteSource {
public:
    explicit FileBytes(const io::DataFile& file) : file_(file) {}

    std::uint64_t size() const override { return file_.size(); }

    void read(std::uint64_t offset, std::span<std::byte> into) override;

    // The last error that is not a sector that cannot be read; 0 for none.
    int error() const { return error_; }

private:
    const io::DataFile& file_;
    int error_ = 0;
};

}  // namespace elytra::cli
