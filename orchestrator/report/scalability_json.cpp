#include "orchestrator/report/scalability_json.hpp"

#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/report/json_read.hpp"
#include "orchestrator/report/optional_json.hpp"
#include "orchestrator/statistics/scalability.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;
using statistics::ScalePoint;

constexpr std::string_view clients_pointer = "/load/clients";

// None for a series that differs from the others in more than its clients.
std::optional<ScalePoint> point_of(const json& series) {
    const json& cell = part_of(series, "cell");
    const std::optional<double> clients = number_of(cell, clients_pointer);
    const std::optional<double> throughput =
        number_of(part_of(series, "metrics", "throughput"), "median");
    const bool closed = part_of(series, "rate").is_null();
    if (!closed || cell.size() != 1 || !text_of(series, "subject").empty()) return std::nullopt;
    if (!clients.has_value() || !throughput.has_value()) return std::nullopt;
    if (*clients <= 0 || *throughput <= 0) return std::nullopt;
    return ScalePoint{.clients = *clients, .throughput = *throughput};
}

json points_json(const std::vector<ScalePoint>& points, const statistics::Scalability& law) {
    json list = json::array();
    for (const ScalePoint& point : points) {
        list.push_back({{"clients", point.clients},
                        {"throughput", point.throughput},
                        {"fitted", law.at(point.clients)}});
    }
    return list;
}

}  // namespace

json scalability_json(const json& summary) {
    std::vector<ScalePoint> points;
    for (const json& series : summary) {
        const std::optional<ScalePoint> point = point_of(series);
        if (!point.has_value()) return nullptr;
        points.push_back(*point);
    }
    const auto law = statistics::fit_scalability(points);
    if (!law.has_value()) return nullptr;
    const std::optional<double> peak = law->peak_clients();
    return {{"lambda", law->lambda},
            {"sigma", law->sigma},
            {"kappa", law->kappa},
            {"error", law->error},
            {"peak_clients", or_null(peak)},
            {"peak_throughput", peak.has_value() ? json(law->at(*peak)) : json(nullptr)},
            {"points", points_json(points, *law)}};
}

}  // namespace elytractl::report
