#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/spec/document.hpp"
#include "orchestrator/spec/problem.hpp"
#include "server/common/result.hpp"

namespace elytractl::spec {

inline constexpr std::size_t cells_max = 1000;
inline constexpr std::string_view matrix_exclude = "exclude";

// Whether a matrix may vary the key at a pointer: anything of /cluster, /load and /measure that is
// no item of a list, and flags of `start`.
bool is_axis(std::string_view pointer);

// The axis that was probably meant; empty if none is near.
std::string_view nearest_axis(std::string_view pointer);

// A document in which one combination of the matrix has replaced what was there.
struct CellDocument {
    std::map<std::string, std::string> values;  // pointer → JSON text
    Document document;
};

// All combinations, the last axis changing fastest; one without values where there is no matrix.
// Requires: check() found nothing.
elytra::Result<std::vector<CellDocument>, Problems> expand_matrix(const Document& document);

}  // namespace elytractl::spec
