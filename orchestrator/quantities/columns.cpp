#include "orchestrator/quantities/columns.hpp"

#include <algorithm>

namespace elytractl::quantities {

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

}  // namespace elytractl::quantities
