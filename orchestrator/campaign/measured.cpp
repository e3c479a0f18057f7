#include "orchestrator/campaign/measured.hpp"

namespace elytractl::campaign {

std::optional<double> Measured::metric(std::string_view name) const {
    const auto found = metrics.find(std::string(name));
    if (found == metrics.end()) return std::nullopt;
    return found->second;
}

}  // namespace elytractl::campaign
