#include "orchestrator/plan/plan_report.hpp"

namespace elytractl::plan {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
    return value.has_value() ? Json(*value) : Json();
}

template <class Enum, class Names>
std::string_view name_of(Enum value, const Names& names) {
    return names[static_cast<std::size_t>(value)];
}

Json values_json(const spec::Cell& cell) {
    Json values = Json::object();
    for (const auto& [pointer, text] : cell.values) values[pointer] = Json::parse(text);
    return values;
}

Json cluster_json(const spec::ClusterSpec& cluster) {
    Json flags = Json::array();
    for (const spec::StartFlag& flag : cluster.start_flags) {
        flags.push_back(flag.text.empty() ? "--" + flag.name : "--" + flag.name + "=" + flag.text);
    }
    return {{"replicas", cluster.replicas},
            {"binary", cluster.binary},
            {"ephemeral", cluster.lifetime == spec::Lifetime::ephemeral},
            {"dir", cluster.directory},
            {"start_flags", flags}};
}

Json arrival_json(const elytra::bench::ArrivalOptions& arrival) {
    Json json = {{"model", name_of(arrival.model, elytra::bench::arrival_model_names)}};
    if (arrival.model == elytra::bench::ArrivalModel::closed) {
        json["think_ns"] = arrival.think_nanoseconds;
        return json;
    }
    json["process"] = name_of(arrival.process, elytra::bench::arrival_process_names);
    json["stretches"] = Json::array();
    for (const elytra::bench::RateStretch& stretch : arrival.stretches) {
        Json item = {
            {"from", stretch.rate_begin}, {"to", stretch.rate_end}, {"ns", stretch.nanoseconds}};
        if (stretch.amplitude > 0) {
            item["amplitude"] = stretch.amplitude;
            item["period_ns"] = stretch.period_nanoseconds;
        }
        json["stretches"].push_back(std::move(item));
    }
    return json;
}

Json load_json(const spec::Cell& cell) {
    const elytra::bench::TrafficOptions& traffic = cell.traffic;
    const elytra::bench::WorkloadOptions& workload = traffic.workload;
    Json mix = Json::object();
    for (std::size_t kind = 0; kind < elytra::bench::unit_kind_count; ++kind) {
        mix[std::string(elytra::bench::unit_kind_names[kind])] = traffic.mix.shares[kind] / 1000.0;
    }
    return {{"driver", spec::driver_text(cell)},
            {"clients", traffic.clients},
            {"threads", traffic.threads},
            {"batch_max", traffic.batch_max},
            {"linger_ns", traffic.linger_nanoseconds},
            {"accounts", workload.account_count},
            {"accounts_hot", workload.account_count_hot},
            {"hot_percent", workload.transfer_hot_percent},
            {"distribution", to_text(workload.account_distribution)},
            {"id_order", to_text(workload.id_order)},
            {"seed", workload.seed},
            {"mix", mix},
            {"arrival", arrival_json(traffic.arrival)},
            {"audit", traffic.audit},
            {"backlog_max", traffic.backlog_max},
            {"late_ns", traffic.late_nanoseconds},
            {"interval_ns", traffic.interval_nanoseconds}};
}

Json measure_json(const spec::MeasureSpec& measure) {
    const spec::WarmupSpec& warmup = measure.warmup;
    return {{"warmup",
             {{"until", warmup.until_steady ? "steady" : "time"},
              {"slope", warmup.slope},
              {"deviation", warmup.deviation},
              {"ramp_ns", warmup.ramp_nanoseconds},
              {"window_ns", warmup.window_nanoseconds},
              {"min_ns", warmup.minimum_nanoseconds},
              {"max_ns", warmup.maximum_nanoseconds}}},
            {"duration_ns", measure.duration_nanoseconds},
            {"cover_checkpoints", measure.cover_checkpoints},
            {"observe", measure.observe},
            {"repeat", measure.repeat}};
}

Json subject_json(const Subject& subject) {
    Json cells = Json::array();
    for (const spec::Cell& cell : subject.cells) {
        cells.push_back({{"values", values_json(cell)},
                         {"cluster", cluster_json(cell.cluster)},
                         {"load", load_json(cell)},
                         {"rate_fractions", cell.rate_fractions},
                         {"measure", measure_json(cell.measure)}});
    }
    return {{"name", subject.name}, {"cells", cells}};
}

Json measurement_json(const Plan& plan, const Measurement& measurement) {
    Json steps = Json::array();
    for (const Step& step : measurement.steps) {
        steps.push_back({{"step", name_of(step.kind, step_names)},
                         {"member", or_null(step.member)},
                         {"expected_ns", step.expected_nanoseconds},
                         {"deadline_ns", step.deadline_nanoseconds}});
    }
    Json json = {{"index", measurement.index},
                 {"role", name_of(measurement.role, role_names)},
                 {"subject", plan.subjects[measurement.subject].name},
                 {"cell", values_json(plan.cell_of(measurement))},
                 {"cell_index", measurement.cell},
                 {"repeat", measurement.repeat},
                 {"rate", or_null(measurement.rate)},
                 {"rate_fraction", or_null(measurement.rate_fraction)},
                 {"probe", or_null(measurement.probe)},
                 {"block", or_null(measurement.block)},
                 {"environment_padding", environment_padding(plan, measurement)}};
    json["direction"] = measurement.direction.has_value()
                            ? Json(name_of(*measurement.direction, direction_names))
                            : Json();
    json["place"] = name_of(measurement.place, place_names);
    json["steps"] = std::move(steps);
    return json;
}

}  // namespace

Json plan_json(const Plan& plan) {
    Json subjects = Json::array();
    for (const Subject& subject : plan.subjects) subjects.push_back(subject_json(subject));
    Json measurements = Json::array();
    for (const Measurement& measurement : plan.measurements) {
        measurements.push_back(measurement_json(plan, measurement));
    }
    Json json = {{"kind", name_of(plan.kind, plan_kind_names)}, {"name", plan.name}};
    if (plan.kind == PlanKind::compare) json["seed"] = plan.seed;
    json["expected_ns"] = expected_nanoseconds(plan);
    json["deadline_ns"] = deadline_nanoseconds(plan);
    json["subjects"] = std::move(subjects);
    json["measurements"] = std::move(measurements);
    return json;
}

}  // namespace elytractl::plan
