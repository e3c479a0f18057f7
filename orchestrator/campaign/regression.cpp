#include "orchestrator/campaign/regression.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/records/stored_run.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/statistics/descriptive.hpp"
#include "orchestrator/statistics/metric.hpp"

namespace elytractl::campaign {
namespace {

using nlohmann::json;
using records::RunRow;
using report::list_of;
using report::number_of;
using report::part_of;
using report::text_of;

constexpr std::size_t runs_max = 20;         // of a tag
constexpr std::size_t noise_values_min = 3;  // on either side
// Makes of a median deviation what two standard deviations are for a normal distribution.
constexpr double two_deviations = 2 * 1.4826;
constexpr std::string_view tag_prefix = "tag:";
constexpr std::string_view run_prefix = "run:";

// Of the measurement with this index in a plan; null where it is not in it.
json series_of(const json& plan, std::uint64_t index) {
    const json& measurement = report::cell_of(list_of(plan, "measurements"), index);
    if (!measurement.is_object()) return nullptr;
    for (const json& subject : list_of(plan, "subjects")) {
        if (part_of(subject, "name") != part_of(measurement, "subject")) continue;
        const auto cell =
            static_cast<std::size_t>(number_of(measurement, "cell_index").value_or(0));
        return {{"subject", part_of(subject, "name")},
                {"load", part_of(report::cell_of(list_of(subject, "cells"), cell), "load")},
                {"cell", part_of(measurement, "cell")},
                {"fraction", part_of(measurement, "rate_fraction")},
                {"direction", part_of(measurement, "direction")}};
    }
    return nullptr;
}

void add_measurements(std::vector<PastMeasurement>& past, const std::string& id,
                      const json& result) {
    for (const json& measurement : list_of(result, "measurements")) {
        if (text_of(measurement, "role") != "measurement") continue;
        if (text_of(measurement, "completion") != "complete") continue;
        if (text_of(part_of(measurement, "verdict"), "word") == "INVALID") continue;
        const auto index = static_cast<std::uint64_t>(number_of(measurement, "index").value_or(0));
        PastMeasurement one{
            .run = id, .series = series_of(part_of(result, "plan"), index), .metrics = {}};
        const json& metrics = part_of(measurement, "metrics");
        if (one.series.is_null() || !metrics.is_object()) continue;
        for (const auto& [name, value] : metrics.items()) {
            if (value.is_number()) one.metrics.emplace(name, value.get<double>());
        }
        past.push_back(std::move(one));
    }
}

// The runs that a reference stands for, the oldest first.
elytra::Result<std::vector<std::string>, std::string> runs_of(records::RunIndex& index,
                                                              std::string_view against,
                                                              std::string_view kind,
                                                              std::string_view name) {
    if (against.starts_with(run_prefix)) {
        const auto id = index.find(against.substr(run_prefix.size()));
        if (id.has_value()) return std::vector<std::string>{*id};
        return elytra::Unexpected(
            fmt::format("{}: there is no such run in {}; elytractl runs ls "
                        "shows them",
                        against, index.directory()));
    }
    const bool tagged = against.starts_with(tag_prefix);
    std::vector<std::string> found;
    for (const RunRow& row : index.runs()) {
        if (row.kind != kind || row.state != "complete") continue;
        const bool wanted =
            tagged ? std::ranges::count(row.tags, against.substr(tag_prefix.size())) > 0
                   : row.name == name;
        if (wanted) found.push_back(row.id);
    }
    const std::size_t most = tagged ? runs_max : 1;
    if (found.size() > most) found.erase(found.begin(), found.end() - static_cast<long>(most));
    return found;
}

struct Side {
    std::vector<std::string> runs;
    std::vector<double> values;
};

// Of several runs the medians, of one its measurements.
Side past_side(std::span<const PastMeasurement> past, const json& series, const std::string& metric,
               bool of_tag) {
    Side side;
    std::vector<std::vector<double>> by_run;
    for (const PastMeasurement& one : past) {
        const auto value = one.metrics.find(metric);
        if (one.series != series || value == one.metrics.end()) continue;
        if (side.runs.empty() || side.runs.back() != one.run) {
            side.runs.push_back(one.run);
            by_run.emplace_back();
        }
        by_run.back().push_back(value->second);
    }
    for (const std::vector<double>& values : by_run) {
        if (of_tag) {
            side.values.push_back(statistics::median(values));
        } else {
            side.values.insert(side.values.end(), values.begin(), values.end());
        }
    }
    return side;
}

double spread_of(const std::vector<double>& values) {
    return two_deviations * statistics::median_deviation(values) /
           std::abs(statistics::median(values));
}

// Why nothing can be said; empty where it can.
std::string obstacle(const spec::Regression& rule, const Side& past,
                     const std::vector<double>& present) {
    if (past.values.empty()) {
        return "no earlier run measured this metric under the same load";
    }
    if (present.empty()) return "the metric was not measured";
    if (statistics::median(past.values) <= 0) {
        return "it was 0 earlier, of which there is no part";
    }
    if (!rule.noise) return {};
    if (past.values.size() >= noise_values_min && present.size() >= noise_values_min) {
        return statistics::median(present) == 0 ? "it is 0 now, so that the noise is unknown" : "";
    }
    return fmt::format(
        "the noise is unknown with {} earlier value{} and {} repeat{}; {} of either "
        "are needed",
        past.values.size(), past.values.size() == 1 ? "" : "s", present.size(),
        present.size() == 1 ? "" : "s", noise_values_min);
}

report::CheckedThreshold check_one(const spec::Threshold& threshold, const Side& past,
                                   const std::vector<double>& present) {
    const spec::Regression& rule = *threshold.regression;
    report::CheckedRegression checked{.against = rule.against,
                                      .worse_than = rule.worse_than,
                                      .runs = past.runs,
                                      .reference = {},
                                      .noise = {},
                                      .undecided = obstacle(rule, past, present)};
    report::CheckedThreshold result{.metric = threshold.metric,
                                    .minimum = {},
                                    .maximum = {},
                                    .on_fail = "regression",
                                    .value = {},
                                    .passed = false,
                                    .measurement = std::nullopt};
    if (!present.empty()) result.value = statistics::median(present);
    if (!past.values.empty()) checked.reference = statistics::median(past.values);
    if (checked.undecided.empty()) {
        double allowance = rule.allowance;
        if (rule.noise) {
            checked.noise = std::max(spread_of(past.values), spread_of(present));
            allowance += *checked.noise;
        }
        if (statistics::better_of(threshold.metric) == statistics::Better::higher) {
            result.minimum = *checked.reference * (1 - allowance);
            result.passed = *result.value >= *result.minimum;
        } else {
            result.maximum = *checked.reference * (1 + allowance);
            result.passed = *result.value <= *result.maximum;
        }
    }
    result.regression = std::move(checked);
    return result;
}

// A series of this run and the values of a metric in it.
struct Present {
    json series;
    std::optional<double> fraction;
    std::vector<const Measured*> measured;
};

std::vector<Present> present_series(std::span<const Measured> measured, const json& plan) {
    std::vector<Present> present;
    for (const Measured& one : measured) {
        if (one.role != plan::Role::measurement) continue;
        if (one.completion != run::Completion::complete) continue;
        json series = series_of(plan, one.index);
        if (series.is_null()) continue;
        auto found = std::ranges::find(present, series, &Present::series);
        if (found == present.end()) {
            present.push_back({std::move(series), one.rate_fraction, {}});
            found = present.end() - 1;
        }
        found->measured.push_back(&one);
    }
    return present;
}

}  // namespace

elytra::Result<Past, std::string> read_past(records::RunIndex& index,
                                            std::span<const spec::Threshold> thresholds,
                                            report::RunKind kind, const std::string& name) {
    Past past;
    for (const spec::Threshold& threshold : thresholds) {
        if (!threshold.regression.has_value()) continue;
        const std::string& against = threshold.regression->against;
        if (past.contains(against)) continue;
        const auto runs = runs_of(index, against, report::kind_name(kind), name);
        if (!runs.has_value()) return elytra::Unexpected(runs.error());
        std::vector<PastMeasurement>& measurements = past[against];
        for (const std::string& id : *runs) {
            add_measurements(measurements, id, records::read_run(index.directory(), id).result);
        }
    }
    return past;
}

std::vector<report::CheckedThreshold> check_regressions(std::span<const spec::Threshold> thresholds,
                                                        std::span<const Measured> measured,
                                                        const json& plan, const Past& past) {
    std::vector<report::CheckedThreshold> checked;
    const std::vector<Present> present = present_series(measured, plan);
    for (const spec::Threshold& threshold : thresholds) {
        if (!threshold.regression.has_value()) continue;
        const std::string& against = threshold.regression->against;
        const auto found = past.find(against);
        for (const Present& one : present) {
            const bool meant = !threshold.at ||
                               (one.fraction && spec::same_fraction(*threshold.at, *one.fraction));
            if (!meant) continue;
            std::vector<double> values;
            for (const Measured* const single : one.measured) {
                const auto value = single->metric(threshold.metric);
                if (value.has_value()) values.push_back(*value);
            }
            const Side side = found == past.end()
                                  ? Side{}
                                  : past_side(found->second, one.series, threshold.metric,
                                              against.starts_with(tag_prefix));
            checked.push_back(check_one(threshold, side, values));
            checked.back().at = one.fraction;
        }
    }
    return checked;
}

}  // namespace elytractl::campaign
