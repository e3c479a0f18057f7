#include "server/common/build_info.hpp"

namespace elytra {

const std::string_view build_version = ELYTRA_VERSION;
const std::string_view build_commit = ELYTRA_COMMIT;

}  // namespace elytra
