#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::records {

// A value of a metric for people: "118 432/s", "31.4 ms", "3.03 GiB".
std::string metric_text(std::string_view metric, double value);

// What tells the groups of a run apart, on one line: "b, clients=4, 92 000/s"; empty where there is
// only one. `cell` is an object or null.
std::string group_text(std::string_view subject, const nlohmann::json& cell,
                       const nlohmann::json& rate);

// A table whose columns are as wide as their widest text; numbers stand on the right.
class Table {
public:
    explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace elytractl::records
