#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

// Run folders for tests, made from tests/data/bench_result.json.
namespace elytractl::records::test {

inline nlohmann::json example_result() {
    std::ifstream file(ELYTRA_TEST_DATA "/bench_result.json");
    return nlohmann::json::parse(file);
}

inline void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
}

// A run whose throughput is `throughput` in both measurements.
inline nlohmann::json result_of(const std::string& id, double throughput) {
    nlohmann::json result = example_result();
    result["run"]["id"] = id;
    for (nlohmann::json& measurement : result["measurements"]) {
        measurement["metrics"]["throughput"] = throughput;
    }
    result["summary"][0]["metrics"]["throughput"]["median"] = throughput;
    return result;
}

inline void make_run(const std::string& directory, const std::string& id,
                     const nlohmann::json& result) {
    write(directory + "/" + id + "/result.json", result.dump());
}

}  // namespace elytractl::records::test
