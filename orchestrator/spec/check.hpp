#pragma once

#include <cstdint>

#include "orchestrator/spec/document.hpp"
#include "orchestrator/spec/problem.hpp"

namespace elytractl::spec {

enum class Extent : std::uint8_t {
    layer,  // what it refers to may stand in another layer
    whole,  // all layers together
};

// Everything in a document that does not fit the table of keys: unknown keys at every depth, wrong
// types, words and bounds. What is missing, and what does not go together, is not asked here. A
// null, which removes, fits everywhere.
Problems check(const Document& document, Extent extent);

}  // namespace elytractl::spec
