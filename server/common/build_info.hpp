#pragma once

#include <string_view>

namespace elytra {

// What the build knows about this binary.
extern const std::string_view build_version;  // of this project, "1.2.3"
extern const std::string_view build_commit;   // seven hexadecimal digits

}  // namespace elytra
