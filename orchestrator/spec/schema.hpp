#pragma once

#include <string>

#include "orchestrator/spec/json.hpp"

namespace elytractl::spec {

// JSON Schema (draft 7, which editors know) of run files of kind "bench", made from the table of
// keys. Accepts whatever check() accepts in a first file; it cannot know what goes together, nor
// the bounds of texts with units.
Json bench_schema();

// As `elytractl schema` prints it and configs/schema has it.
std::string bench_schema_text();

}  // namespace elytractl::spec
