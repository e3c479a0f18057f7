#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/driver/environment.hpp"
#include "orchestrator/campaign/ending.hpp"
#include "orchestrator/campaign/measured.hpp"
#include "orchestrator/campaign/regression.hpp"
#include "orchestrator/plan/plan.hpp"
#include "orchestrator/process/measurement_plan.hpp"
#include "orchestrator/process/session.hpp"
#include "orchestrator/records/run_folder.hpp"
#include "orchestrator/report/result_json.hpp"
#include "orchestrator/spec/bench_spec.hpp"
#include "server/common/result.hpp"

namespace elytractl::campaign {

// How a subject's program is started.
struct Program {
    std::string path;
    std::string subcommand;  // before `format` and `start`; empty for a server
    bool elytra = false;     // its `version` begins with "Elytra"
};

struct CampaignOptions {
    plan::Plan plan;
    std::vector<Program> programs;  // as plan.subjects
    std::vector<spec::Threshold> thresholds;
    Past past;                                // that thresholds are held against
    std::vector<std::string> formats;         // of the report
    std::optional<double> generator_ceiling;  // events a second, of `bench null`
    // Of a sweep: the objective for the knee, if there is one.
    std::optional<double> p99_max_microseconds;
    bool until_decided = false;  // of a comparison: end at the first look that decides
};

// Carries out a plan: one measurement after another, each judged and recorded before the next one
// begins, so that an orchestrator that is killed leaves all that it had measured. On the main
// thread.
class Campaign {
public:
    // `facts` are those of the run and its subjects as far as they are known before it begins. All
    // references outlive the campaign.
    Campaign(CampaignOptions options, report::ResultParts facts, records::RunFolder& folder,
             process::Session& session);
    Campaign(const Campaign&) = delete;
    Campaign& operator=(const Campaign&) = delete;

    // Once. The result as it was recorded; its run.exit_code is the status of the program.
    nlohmann::json run();

    // Why something of the record could not be written, each once. The measurements went on.
    const std::vector<std::string>& record_errors() const { return record_errors_; }

private:
    std::span<const plan::Measurement> cluster_of(std::size_t first) const;
    const plan::Measurement* next_step(std::span<const plan::Measurement> cluster,
                                       const plan::Measurement& present,
                                       const elytra::bench::TrafficCounts& counts) const;
    bool decided();
    void measure(std::span<const plan::Measurement> cluster);
    process::StepPlan step_plan(const plan::Measurement& measurement) const;
    void refine_knee();
    process::MeasurementPlan complete_plan(const plan::Measurement& measurement) const;
    void record(const plan::Measurement& measurement, const run::MeasurementOutcome& outcome,
                const elytra::bench::TrafficOptions& traffic);
    bool goes_on() const;
    bool cut_short() const;
    nlohmann::json conclude();      // what run() returns
    nlohmann::json write_result();  // as it stands now, which is returned
    void write_reports(const nlohmann::json& result);
    bool wants(std::string_view format) const;
    void note(const elytra::Result<void, std::string>& written);
    std::optional<double> probed(const plan::Measurement& measurement) const;

    CampaignOptions options_;
    report::ResultParts parts_;
    records::RunFolder& folder_;
    process::Session& session_;
    elytra::bench::Environment environment_;
    std::vector<Measured> measured_;
    std::string commands_;  // of all members so far, as they were started
    std::optional<Interruption> interruption_;
    double significance_ = 0.05;  // of the look that a comparison takes
    std::vector<std::string> record_errors_;
};

}  // namespace elytractl::campaign
