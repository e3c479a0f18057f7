#include "orchestrator/report/summary_json.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/report/result_parts.hpp"
#include "orchestrator/statistics/bootstrap.hpp"
#include "orchestrator/statistics/descriptive.hpp"

namespace elytractl::report {
namespace {

using nlohmann::json;

struct Series {
    json cell;
    json rate;
    json subject;
    std::uint32_t count = 0;
    std::map<std::string, std::vector<double>> metrics;

    bool holds(const json& measurement) const {
        return cell == measurement["cell"] && rate == measurement["rate"] &&
               subject == measurement["subject"];
    }
};

Series& series_of(std::vector<Series>& all, const json& measurement) {
    const auto found =
        std::ranges::find_if(all, [&](const Series& series) { return series.holds(measurement); });
    if (found != all.end()) return *found;
    all.push_back({.cell = measurement["cell"],
                   .rate = measurement["rate"],
                   .subject = measurement["subject"],
                   .metrics = {}});
    return all.back();
}

json series_json(const Series& series) {
    json metrics = json::object();
    for (const auto& [name, values] : series.metrics) {
        metrics[name] = {{"values", values},
                         {"median", statistics::median(values)},
                         {"mean", statistics::mean(values)},
                         {"interval", to_json(statistics::bootstrap_interval(
                                                  values, statistics::Location::median),
                                              "BCa bootstrap of the median over runs")}};
    }
    return {{"cell", series.cell},
            {"rate", series.rate},
            {"subject", series.subject},
            {"n", series.count},
            {"metrics", std::move(metrics)}};
}

}  // namespace

json summary_json(const json& measurements) {
    std::vector<Series> all;
    for (const json& measurement : measurements) {
        if (measurement["completion"] != "complete") continue;
        if (measurement["role"] != "measurement") continue;
        Series& series = series_of(all, measurement);
        series.count += 1;
        for (const auto& [name, value] : measurement["metrics"].items()) {
            series.metrics[name].push_back(value.get<double>());
        }
    }
    json summary = json::array();
    for (const Series& series : all) summary.push_back(series_json(series));
    return summary;
}

}  // namespace elytractl::report
