#pragma once

#include <cstdint>

#include "server/common/int.hpp"

namespace elytra::storage {

// Where the table of contents of a checkpoint starts; kept in the superblock. A size of 0: none.
struct ManifestRoot {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // bytes of meaning; on disk zeros follow up to a whole sector
    u128 checksum = 0;       // of the whole sectors

    bool operator==(const ManifestRoot&) const = default;
};

}  // namespace elytra::storage
