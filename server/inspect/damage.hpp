#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace elytra::inspect {

enum class Zone : std::uint8_t { superblock, evidence, log, manifest, grid, replies };

std::string_view to_text(Zone zone);

// A place of the file that is not what it has to be.
struct Damage {
    Zone zone{};
    std::string address;  // what it is within its zone: "copy 2", "op 17"
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string what;
};

}  // namespace elytra::inspect
