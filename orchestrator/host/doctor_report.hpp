#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/host/finding.hpp"
#include "orchestrator/host/host_facts.hpp"

namespace elytractl::host {

// For people: what is in order on the left and what is not on the right where `width` columns are
// enough for both, else one list with what is not in order at its end.
std::string doctor_text(std::span<const Finding> findings, std::size_t width);

// For programs: schema elytractl-doctor/1.
nlohmann::json doctor_json(std::span<const Finding> findings, const HostFacts& facts);

}  // namespace elytractl::host
