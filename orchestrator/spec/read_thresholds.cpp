#include "orchestrator/spec/read_thresholds.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/effective.hpp"
#include "orchestrator/spec/metrics.hpp"
#include "orchestrator/spec/units.hpp"

namespace elytractl::spec {
namespace {

constexpr std::string_view noise_word = "noise";

// A member of an item; null where it is absent or says null.
const Json* said(const Json& item, std::string_view key) {
    const auto found = item.find(key);
    return found == item.end() || found->is_null() ? nullptr : &*found;
}

bool is_reference(std::string_view text) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+";
    if (text == "last") return true;
    constexpr std::size_t prefix_size = 4;
    if (!text.starts_with("tag:") && !text.starts_with("run:")) return false;
    text.remove_prefix(prefix_size);
    return !text.empty() && text.find_first_not_of(allowed) == text.npos;
}

// "5%", "noise", "noise+2%".
std::optional<Regression> parse_allowance(std::string_view text) {
    Regression regression;
    regression.noise = text.starts_with(noise_word);
    if (regression.noise) {
        text.remove_prefix(noise_word.size());
        if (text.empty()) return regression;
        if (!text.starts_with('+')) return std::nullopt;
        text.remove_prefix(1);
    }
    const auto fraction = parse_percentage(text);
    if (!fraction.has_value() || *fraction >= 1) return std::nullopt;
    regression.allowance = *fraction;
    return regression;
}

class ThresholdReader {
public:
    ThresholdReader(const Document& document, std::span<const Cell> cells, Problems& problems)
        : document_(document), cells_(cells), problems_(problems) {}

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
        const Json* const metric = said(item, "metric");
        if (metric == nullptr) {
            refuse(pointer, item, "needs a metric");
            return threshold;
        }
        threshold.metric = metric->get<std::string>();
        check_percentile(*metric, child_pointer(pointer, "metric"));
        threshold.at = fraction(item, pointer);
        if (const Json* const regression = said(item, "regression"); regression != nullptr) {
            threshold.regression = read_regression(*regression, pointer + "/regression");
            check_alone(item, pointer);
            return threshold;
        }
        read_bounds(item, pointer, threshold);
        return threshold;
    }

    void read_bounds(const Json& item, const std::string& pointer, Threshold& threshold) {
        threshold.minimum = bound(item, "min", pointer, threshold.metric);
        threshold.maximum = bound(item, "max", pointer, threshold.metric);
        if (said(item, "min") == nullptr && said(item, "max") == nullptr) {
            refuse(pointer, item, "needs min, max or both, or a regression");
        }
        if (threshold.minimum.has_value() && threshold.maximum.has_value() &&
            *threshold.minimum > *threshold.maximum) {
            refuse(pointer, item, "min must not be above max");
        }
        const Json* const on_fail = said(item, "on_fail");
        if (on_fail != nullptr && *on_fail == on_fail_names.back()) {
            threshold.on_fail = ThresholdFailure::invalid;
        }
        const Json* const abort = said(item, "abort");
        threshold.abort = abort != nullptr && abort->get<bool>();
    }

    // It is judged at the end, from all measurements together, and has a status of its own.
    void check_alone(const Json& item, const std::string& pointer) {
        for (const std::string_view key : {"min", "max", "on_fail", "abort"}) {
            const Json* const value = said(item, key);
            if (value == nullptr) continue;
            refuse(child_pointer(pointer, key), *value,
                   "does not go with regression; make it a threshold of its own");
        }
    }

    Regression read_regression(const Json& item, const std::string& pointer) {
        const Json* const against = said(item, "against");
        const Json* const worse_than = said(item, "worse_than");
        if (against == nullptr || worse_than == nullptr) {
            refuse(pointer, item, "needs against and worse_than");
            return {};
        }
        const auto reference = against->get<std::string>();
        if (!is_reference(reference)) {
            refuse(child_pointer(pointer, "against"), *against, "must be tag:TAG, run:RUN or last");
        }
        auto regression = parse_allowance(worse_than->get<std::string>());
        if (!regression.has_value()) {
            refuse(child_pointer(pointer, "worse_than"), *worse_than,
                   "must be a percentage below 100% such as \"5%\", or \"noise\", or "
                   "\"noise+2%\"");
            return {};
        }
        regression->against = reference;
        regression->worse_than = worse_than->get<std::string>();
        return *regression;
    }

    // Of the automatic rate: the step that the threshold is about.
    std::optional<double> fraction(const Json& item, const std::string& pointer) {
        const Json* const at = said(item, "at");
        if (at == nullptr) return std::nullopt;
        const double wanted = fraction_of(*at);
        for (const Cell& cell : cells_) {
            for (const double step : cell.rate_fractions) {
                if (same_fraction(step, wanted)) return step;
            }
        }
        refuse(child_pointer(pointer, "at"), *at,
               "must be one of /load/arrival/steps, with /load/arrival/rate \"auto\"");
        return std::nullopt;
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
        const Json* const found = said(item, key);
        if (found == nullptr) return std::nullopt;
        const auto value = parse_quantity(*metric_unit(metric), *found);
        if (value.has_value()) return *value;
        refuse(child_pointer(pointer, key), *found,
               fmt::format("does not fit {}: {}", metric, value.error()));
        return std::nullopt;
    }

    const Document& document_;
    std::span<const Cell> cells_;
    Problems& problems_;
};

}  // namespace

std::vector<Threshold> read_thresholds(const Document& document, std::span<const Cell> cells,
                                       Problems& problems) {
    return ThresholdReader(document, cells, problems).read();
}

}  // namespace elytractl::spec
