#pragma once

#include <cstdint>
#include <string>

namespace elytractl::host {

// "512 B", "64.5 MiB", "80 GiB": three significant digits, for people.
std::string size_text(std::uint64_t bytes);

}  // namespace elytractl::host
