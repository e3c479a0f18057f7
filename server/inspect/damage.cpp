#include "server/inspect/damage.hpp"

namespace elytra::inspect {

std::string_view to_text(Zone zone) {
    switch (zone) {
        case Zone::superblock:
            return "superblock";
        case Zone::evidence:
            return "evidence";
        case Zone::log:
            return "log";
        case Zone::manifest:
            return "manifest";
        case Zone::grid:
            return "grid";
        case Zone::replies:
            return "replies";
    }
    return {};
}

}  // namespace elytra::inspect
