#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/records/database.hpp"
#include "orchestrator/records/stored_run.hpp"
#include "server/common/result.hpp"

namespace elytractl::records {

// A row for each run.
struct RunRow {
    std::string id;
    std::string kind;
    std::string name;
    std::string state;  // "running", "complete", "incomplete"; "missing": its folder is gone
    std::string started;
    std::string ended;
    std::string verdict;
    std::optional<std::int64_t> exit_code;
    std::int64_t measurements = 0;
    std::vector<std::string> tags;
};

// A value of a metric, of one measurement.
struct MetricRow {
    std::string run;
    std::string kind;
    std::string name;
    std::string started;
    std::int64_t measurement = 0;
    std::string subject;
    std::string cell;  // JSON
    std::optional<double> rate;
    std::int64_t repeat = 0;
    std::string metric;
    double value = 0;
};

// The index over the folders of runs, `directory`/runs.sqlite. Rows of runs whose folders are gone
// stay, because their metrics are history.
class RunIndex {
public:
    // Opens or makes the index and brings it up to date with the folders. A damaged one is moved
    // aside and made again; where nothing can be written it lives in memory. Both are told in
    // warnings(). The error is a sentence.
    static elytra::Result<RunIndex, std::string> open(const std::string& directory);

    const std::vector<std::string>& warnings() const { return warnings_; }

    const std::string& directory() const { return directory_; }

    // In the order of their numbers.
    std::vector<RunRow> runs();

    // All values of a metric in the order of runs and measurements, or of all metrics.
    std::vector<MetricRow> metrics(std::optional<std::string_view> metric);

    std::vector<std::string> metric_names();

    // The ids that a text of a user stands for: an id, a number, a part of an id, a name or a tag
    // (the youngest of several), "last" or nothing for the youngest run.
    std::optional<std::string> find(std::string_view text);

    // After tags or the result of a run were written.
    void refresh(const std::string& id);

    void forget(const std::string& id);

private:
    RunIndex(std::string directory, Database database)
        : directory_(std::move(directory)), database_(std::move(database)) {}

    // With what the folders say.
    static elytra::Result<RunIndex, DatabaseError> fill(
        const std::string& directory, elytra::Result<Database, DatabaseError> database);

    void update();
    void store(const StoredRun& run, const std::string& stamp);
    void store_metrics(const StoredRun& run);

    std::string directory_;
    Database database_;
    std::vector<std::string> warnings_;
};

}  // namespace elytractl::records
