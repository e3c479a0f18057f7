#include "orchestrator/spec/check.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "orchestrator/spec/keys.hpp"
#include "orchestrator/spec/matrix.hpp"
#include "orchestrator/spec/metrics.hpp"
#include "server/common/assert.hpp"
#include "server/common/nearest_name.hpp"

namespace elytractl::spec {
namespace {

class Checker {
public:
    Checker(const Document& document, Extent extent) : document_(document), extent_(extent) {}

    // `as` is the pointer of the key that the value at `pointer` has to fit: in a matrix values
    // stand elsewhere.
    void check(const Json& value, const std::string& pointer, const std::string& as) {
        const Key* const key = find_key(as);
        ELYTRA_ASSERT(key != nullptr);
        if (value.is_null() && !pointer.empty()) return;
        if (const auto rule = broken_rule(*key, value); rule.has_value()) {
            report(pointer, value, *rule, suggestion_for(*key, value));
            return;
        }
        switch (key->kind) {
            case ValueKind::object:
                return check_members(*key, value, pointer, as);
            case ValueKind::list:
                return check_items(value, pointer, as);
            case ValueKind::start_flags:
                return check_start_flags(value, pointer);
            case ValueKind::matrix:
                return check_matrix(value, pointer);
            default:
                return;
        }
    }

    Problems take_problems() { return std::move(problems_); }

private:
    void report(const std::string& pointer, const Json& value, std::string rule,
                std::string_view suggestion = {}) {
        problems_.push_back({.place = document_.place_of(pointer),
                             .pointer = pointer,
                             .value = short_text(value),
                             .rule = std::move(rule),
                             .suggestion = std::string(suggestion)});
    }

    void report_key(const std::string& pointer, std::string rule, std::string_view suggestion) {
        problems_.push_back({.place = document_.key_place_of(pointer),
                             .pointer = pointer,
                             .rule = std::move(rule),
                             .suggestion = std::string(suggestion)});
    }

    static std::string_view suggestion_for(const Key& key, const Json& value) {
        if (!value.is_string()) return {};
        const auto& text = value.get_ref<const std::string&>();
        if (key.kind == ValueKind::metric) return elytra::nearest_name(text, metric_examples());
        return elytra::nearest_name(text, key.choices);
    }

    void check_members(const Key& key, const Json& value, const std::string& pointer,
                       const std::string& as) {
        const std::vector<std::string_view> known = member_names(key);
        for (const auto& [name, member] : value.items()) {
            const std::string child = child_pointer(pointer, name);
            if (std::ranges::find(known, name) == known.end()) {
                report_key(child, "there is no such key", elytra::nearest_name(name, known));
                continue;
            }
            check(member, child, child_pointer(as, name));
        }
    }

    void check_items(const Json& value, const std::string& pointer, const std::string& as) {
        for (std::size_t index = 0; index < value.size(); ++index) {
            const std::string child = fmt::format("{}/{}", pointer, index);
            if (value[index].is_null()) {
                report(child, value[index], "a list cannot contain null");
                continue;
            }
            check(value[index], child, as + "/0");
        }
    }

    void check_start_flags(const Json& value, const std::string& pointer) {
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
        for (const auto& [name, member] : value.items()) {
            const std::string child = child_pointer(pointer, name);
            if (name.empty() || name.find_first_not_of(letters) != name.npos) {
                report_key(child, "must be a flag in small letters, digits and '_'", {});
            } else if (member.is_object() || member.is_array()) {
                report(child, member, "must be a text, a number, true or false");
            }
        }
    }

    void check_matrix(const Json& value, const std::string& pointer) {
        for (const auto& [name, member] : value.items()) {
            const std::string child = child_pointer(pointer, name);
            if (member.is_null()) continue;
            if (name == matrix_exclude) {
                check_exclude(member, child, value);
            } else if (is_axis(name)) {
                check_axis(name, member, child);
            } else {
                report_key(child,
                           "must be the pointer of a key of /cluster, /load or /measure, or "
                           "\"exclude\"",
                           nearest_axis(name));
            }
        }
    }

    void check_axis(const std::string& name, const Json& values, const std::string& pointer) {
        if (!values.is_array() || values.empty()) {
            report(pointer, values, "must be a list of one or more values of " + name);
            return;
        }
        for (std::size_t index = 0; index < values.size(); ++index) {
            const std::string child = fmt::format("{}/{}", pointer, index);
            const Json& value = values[index];
            if (value.is_null()) {
                report(child, value, "must be a value of " + name);
            } else if (find_key(name) != nullptr) {
                check(value, child, name);
            } else if (value.is_object() || value.is_array()) {  // a flag of `start`
                report(child, value, "must be a text, a number, true or false");
            }
        }
    }

    void check_exclude(const Json& exclude, const std::string& pointer, const Json& matrix) {
        if (!exclude.is_array()) {
            report(pointer, exclude, "must be a list of combinations to leave out");
            return;
        }
        for (std::size_t index = 0; index < exclude.size(); ++index) {
            const std::string child = fmt::format("{}/{}", pointer, index);
            const Json& combination = exclude[index];
            if (!combination.is_object() || combination.empty()) {
                report(child, combination,
                       "must be an object with a value for one or more axes of the matrix");
                continue;
            }
            if (extent_ == Extent::whole) check_combination(combination, child, matrix);
        }
    }

    void check_combination(const Json& combination, const std::string& pointer,
                           const Json& matrix) {
        std::vector<std::string_view> axes;
        for (const auto& [name, values] : matrix.items()) {
            if (name != matrix_exclude) axes.push_back(name);
        }
        for (const auto& [name, value] : combination.items()) {
            const std::string child = child_pointer(pointer, name);
            const auto axis = matrix.find(name);
            if (axis == matrix.end() || name == matrix_exclude) {
                report_key(child, "is not an axis of the matrix", elytra::nearest_name(name, axes));
            } else if (axis->is_array() && std::ranges::find(*axis, value) == axis->end()) {
                report(child, value, "is not a value of this axis");
            }
        }
    }

    const Document& document_;
    Extent extent_;
    Problems problems_;
};

}  // namespace

Problems check(const Document& document, Extent extent) {
    Checker checker(document, extent);
    checker.check(document.value, "", "");
    return checker.take_problems();
}

}  // namespace elytractl::spec
