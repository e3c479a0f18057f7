#pragma once

#include <cstdint>

#include "server/storage/manifest.hpp"

namespace elytra::storage {

// What is damaged, and where. A fault of a manifest names the block that could not be trusted.
struct StoreFault {
    enum class Part : std::uint8_t { newest_manifest, previous_manifest, chunk, page };
    enum class Reason : std::uint8_t {
        checksum,  // not what its parent expects: rot, a torn, lost or misdirected write
        format,    // `format_error` tells
        overlap,   // two references share bytes
    };

    Part part{};
    Reason reason{};
    ManifestError format_error{};  // only with Reason::format
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint32_t segment_id = 0;     // only of a chunk or a page
    std::uint32_t index = 0;          // of the chunk in the segment, of the page likewise
    std::uint32_t version_found = 0;  // only with ManifestError::unknown_version

    bool operator==(const StoreFault&) const = default;
};

}  // namespace elytra::storage
