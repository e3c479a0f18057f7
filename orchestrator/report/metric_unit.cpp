#include "orchestrator/report/metric_unit.hpp"

namespace elytractl::report {

quantities::Unit unit_of_metric(std::string_view metric) {
    using quantities::Unit;
    if (metric == "throughput" || metric == "load.offered") return Unit::per_second;
    if (metric == "member.rss_max") return Unit::bytes;
    if (metric == "member.ready_ms") return Unit::milliseconds;
    if (metric == "cost.cpu_us_per_event") return Unit::microseconds;
    if (metric == "cost.written_bytes_per_event") return Unit::bytes_per_event;
    if (metric.ends_with("_fraction") || metric.starts_with("generator.")) return Unit::fraction;
    if (metric.ends_with(".max") || metric.find(".p") != std::string_view::npos) {
        return Unit::microseconds;
    }
    return Unit::number;
}

}  // namespace elytractl::report
