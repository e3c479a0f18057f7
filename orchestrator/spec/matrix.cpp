#include "orchestrator/spec/matrix.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/spec/keys.hpp"
#include "server/common/nearest_name.hpp"

namespace elytractl::spec {
namespace {

constexpr std::string_view matrix_pointer = "/matrix";
constexpr std::string_view start_pointer = "/cluster/start/";

bool varies(std::string_view pointer) {
    return pointer.starts_with("/cluster/") || pointer.starts_with("/load/") ||
           pointer.starts_with("/measure/");
}

Problems matrix_problem(const Document& document, std::string rule) {
    return {{.place = document.key_place_of(matrix_pointer),
             .pointer = std::string(matrix_pointer),
             .rule = std::move(rule)}};
}

struct Axis {
    std::string pointer;
    const Json* values;
};

// One value of each axis, as indexes.
using Combination = std::vector<std::size_t>;

std::vector<Axis> axes_of(const Json& matrix) {
    std::vector<Axis> axes;
    for (const auto& [name, values] : matrix.items()) {
        if (name != matrix_exclude && !values.is_null()) {
            axes.push_back({.pointer = name, .values = &values});
        }
    }
    return axes;
}

// Whether every value that an entry of `exclude` names is the one of the combination.
bool matches(const Json& entry, const std::vector<Axis>& axes, const Combination& combination) {
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
        const auto named = entry.find(axes[axis].pointer);
        if (named != entry.end() && *named != (*axes[axis].values)[combination[axis]]) return false;
    }
    return true;
}

// The next combination, the last axis first; false behind the last one.
bool advance(Combination& combination, const std::vector<Axis>& axes) {
    for (std::size_t axis = axes.size(); axis-- > 0;) {
        if (++combination[axis] < axes[axis].values->size()) return true;
        combination[axis] = 0;
    }
    return false;
}

CellDocument cell_of(const Document& document, const std::vector<Axis>& axes,
                     const Combination& combination) {
    CellDocument cell{.values = {}, .document = document};
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
        const std::string& pointer = axes[axis].pointer;
        const Json& value = (*axes[axis].values)[combination[axis]];
        const std::string written =
            fmt::format("{}/{}", child_pointer(matrix_pointer, pointer), combination[axis]);
        cell.values[pointer] = value.dump();
        merge(cell.document, single_value(pointer, value, document.place_of(written)));
    }
    return cell;
}

}  // namespace

bool is_axis(std::string_view pointer) {
    if (!is_pointer(pointer) || !varies(pointer)) return false;
    const Key* const key = find_key(pointer);
    if (key != nullptr) return key->pointer == pointer;
    return pointer.starts_with(start_pointer) &&
           pointer.find('/', start_pointer.size()) == pointer.npos;
}

std::string_view nearest_axis(std::string_view pointer) {
    std::vector<std::string_view> axes;
    for (const Key& key : keys()) {
        if (is_axis(key.pointer)) axes.push_back(key.pointer);
    }
    return elytra::nearest_name(pointer, axes);
}

elytra::Result<std::vector<CellDocument>, Problems> expand_matrix(const Document& document) {
    const Json* const found = find(document.value, matrix_pointer);
    const Json none = Json::object();
    const Json& matrix = found == nullptr ? none : *found;
    const std::vector<Axis> axes = axes_of(matrix);
    std::size_t combinations = 1;
    for (const Axis& axis : axes) {
        combinations *= axis.values->size();
        if (combinations > cells_max) {
            return elytra::Unexpected(
                matrix_problem(document, fmt::format("has more than {} combinations", cells_max)));
        }
    }
    const Json no_exclude = Json::array();
    const Json& exclude = matrix.contains(matrix_exclude) ? matrix[matrix_exclude] : no_exclude;
    std::vector<CellDocument> cells;
    Combination combination(axes.size(), 0);
    do {
        const bool excluded = std::ranges::any_of(
            exclude, [&](const Json& entry) { return matches(entry, axes, combination); });
        if (!excluded) cells.push_back(cell_of(document, axes, combination));
    } while (advance(combination, axes));
    if (cells.empty()) {
        return elytra::Unexpected(matrix_problem(document, "every combination is excluded"));
    }
    return cells;
}

}  // namespace elytractl::spec
