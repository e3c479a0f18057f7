#pragma once

#include <nlohmann/json_fwd.hpp>

namespace elytractl::report {

// How throughput follows the number of clients, where a closed loop was measured with at least
// three numbers of them and nothing else differed: the law's parameters, where it peaks, and each
// point beside the curve. Null elsewhere. `summary` is that of a result.
nlohmann::json scalability_json(const nlohmann::json& summary);

}  // namespace elytractl::report
