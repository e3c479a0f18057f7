#include "orchestrator/spec/load_bench_spec.hpp"

#include <utility>

#include <fmt/format.h>

#include "orchestrator/spec/build_cell.hpp"
#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/effective.hpp"
#include "orchestrator/spec/matrix.hpp"
#include "orchestrator/spec/metrics.hpp"

namespace elytractl::spec {
namespace {

using elytra::Result;

// Reads the list of thresholds and notes what is missing in them or does not fit.
class ThresholdReader {
public:
    ThresholdReader(const Document& document, Problems& problems)
        : document_(document), problems_(problems) {}

    std::vector<Threshold> read() {
        std::vector<Threshold> thresholds;
        const Json list = Effective(document_).value("/thresholds");
        for (std::size_t index = 0; index < list.size(); ++index) {
            thresholds.push_back(read_one(list[index], fmt::format("/thresholds/{}", index)));
        }
        return thresholds;
    }

private:
    void refuse(const std::string& pointer, const Json& value, std::string rule) {
        problems_.push_back({.place = document_.place_of(pointer),
                             .pointer = pointer,
                             .value = short_text(value),
                             .rule = std::move(rule)});
    }

    Threshold read_one(const Json& item, const std::string& pointer) {
        Threshold threshold;
        const auto metric = item.find("metric");
        if (metric == item.end()) {
            refuse(pointer, item, "needs a metric");
            return threshold;
        }
        threshold.metric = metric->get<std::string>();
        check_percentile(*metric, child_pointer(pointer, "metric"));
        threshold.minimum = bound(item, "min", pointer, threshold.metric);
        threshold.maximum = bound(item, "max", pointer, threshold.metric);
        if (!item.contains("min") && !item.contains("max")) {
            refuse(pointer, item, "needs min, max or both");
        }
        if (threshold.minimum.has_value() && threshold.maximum.has_value() &&
            *threshold.minimum > *threshold.maximum) {
            refuse(pointer, item, "min must not be above max");
        }
        const auto on_fail = item.find("on_fail");
        if (on_fail != item.end() && *on_fail == on_fail_names.back()) {
            threshold.on_fail = ThresholdFailure::invalid;
        }
        return threshold;
    }

    // What is not shown cannot be judged.
    void check_percentile(const Json& metric, const std::string& pointer) {
        const auto percentile = metric_percentile(metric.get<std::string>());
        if (!percentile.has_value()) return;
        for (const Json& shown : Effective(document_).value("/measure/percentiles")) {
            if (shown.get<double>() == *percentile) return;
        }
        refuse(pointer, metric, fmt::format("needs {} in /measure/percentiles", *percentile));
    }

    std::optional<double> bound(const Json& item, const std::string& key,
                                const std::string& pointer, const std::string& metric) {
        const auto found = item.find(key);
        if (found == item.end()) return std::nullopt;
        const auto value = parse_quantity(*metric_unit(metric), *found);
        if (value.has_value()) return *value;
        refuse(child_pointer(pointer, key), *found,
               fmt::format("does not fit {}: {}", metric, value.error()));
        return std::nullopt;
    }

    const Document& document_;
    Problems& problems_;
};

}  // namespace

Result<BenchSpec, Problems> build_bench_spec(const Document& document) {
    const auto cells = expand_matrix(document);
    if (!cells.has_value()) return elytra::Unexpected(cells.error());
    const Effective values(document);
    Problems problems;
    BenchSpec spec{
        .name = values.text("/name"),
        .cells = {},
        .thresholds = ThresholdReader(document, problems).read(),
        .report = {.directory = values.text("/report/dir"),
                   .formats = values.value("/report/formats").get<std::vector<std::string>>()},
        .document = document.value};
    for (const CellDocument& cell : *cells) spec.cells.push_back(build_cell(cell, problems));
    if (!problems.empty()) return elytra::Unexpected(sorted(std::move(problems)));
    return spec;
}

Result<BenchSpec, Problems> load_bench_spec(const Layers& layers) {
    const auto document = load_document(layers);
    if (!document.has_value()) return elytra::Unexpected(document.error());
    return build_bench_spec(*document);
}

}  // namespace elytractl::spec
