#pragma once

#include <string_view>

#include "orchestrator/quantities/quantity.hpp"

namespace elytractl::report {

// What a metric counts in; `number` for one that is not known.
quantities::Unit unit_of_metric(std::string_view metric);

}  // namespace elytractl::report
