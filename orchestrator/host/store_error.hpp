#pragma once

#include <cstdint>
#include <string>

namespace elytractl::host {

enum class StoreFault : std::uint8_t {
    unknown_name,  // no such release
    unreadable,    // a program to add or to run cannot be read
    not_a_server,  // it does not answer `version`
    name_taken,    // the name belongs to other bytes
    damaged,       // a stored program or the index is not what was stored
    system,        // the folder of the store cannot be used
};

// `text` names the release or the path and tells what to do.
struct StoreError {
    StoreFault fault{};
    std::string text;
};

}  // namespace elytractl::host
