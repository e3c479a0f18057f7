#pragma once

#include <optional>

#include <nlohmann/json.hpp>

namespace elytractl::report {

// What is not known is null, never 0.
template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
    return value.has_value() ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace elytractl::report
