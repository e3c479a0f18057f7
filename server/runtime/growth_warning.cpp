#include "server/runtime/growth_warning.hpp"

namespace elytra::runtime {

std::optional<std::uint32_t> GrowthWarning::passed(std::uint64_t used) {
    std::optional<std::uint32_t> mark;
    while (marks_passed_ < marks.size() && used / marks[marks_passed_] >= size_max_ / 100) {
        mark = marks[marks_passed_++];
    }
    return mark;
}

}  // namespace elytra::runtime
