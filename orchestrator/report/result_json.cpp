#include "orchestrator/report/result_json.hpp"

#include "orchestrator/report/scalability_json.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

template <class T>
json list(const std::vector<T>& items) {
    json array = json::array();
    for (const T& item : items) array.push_back(to_json(item));
    return array;
}

}  // namespace

json result_json(const ResultParts& parts) {
    const json facts{{"schema", result_schema},
                     {"run", to_json(parts.run)},
                     {"environment", parts.environment},
                     {"subjects", list(parts.subjects)},
                     {"plan", parts.plan},
                     {"thresholds", list(parts.thresholds)},
                     {"verdict", to_json(parts.verdict)}};
    json result = with_valid_text(facts);
    result["comparison"] = parts.comparison.has_value() ? to_json(*parts.comparison) : json();
    result["sweep"] = parts.sweep.has_value() ? to_json(*parts.sweep) : json();
    result["summary"] = summary_json(parts.measurements);
    result["scalability"] = scalability_json(result["summary"]);
    result["measurements"] = parts.measurements;
    return result;
}

}  // namespace elytractl::report
