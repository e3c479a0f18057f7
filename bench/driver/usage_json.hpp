#pragma once

#include <nlohmann/json.hpp>

#include "server/io/child.hpp"

namespace elytra::bench {

// What a child has used, as results name it.
nlohmann::json usage_json(const io::ChildUsage& usage);

}  // namespace elytra::bench
