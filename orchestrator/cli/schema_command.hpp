#pragma once

#include "orchestrator/cli/action.hpp"

namespace CLI {
class App;
}

namespace elytractl::cli {

// elytractl schema: the JSON Schema of run files, for editors.
class SchemaVerb {
public:
    // Outlives what CLI11 and main do with the two.
    SchemaVerb(CLI::App& app, Action& chosen);
};

}  // namespace elytractl::cli
