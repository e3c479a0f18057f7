// Writes invented results, and a histogram log, into a folder: report_test.py renders them.
//
//   report_examples FOLDER

#include <fstream>
#include <string>

#include <fmt/format.h>

#include "orchestrator/report/measurement_json.hpp"
#include "tests/support/example_result.hpp"
#include "tests/support/example_traffic.hpp"

namespace {

bool write(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    return file.good();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: {} FOLDER\n", argv[0]);
        return 2;
    }
    namespace report = elytractl::report;
    const std::string folder = std::string(argv[1]) + "/";
    bool written = write(folder + "bench.json", report::example_bench().dump());
    written = write(folder + "compare.json", report::example_comparison().dump()) && written;
    written = write(folder + "sweep.json", report::example_sweep().dump()) && written;
    written = write(folder + "incomplete.json", report::example_incomplete().dump()) && written;
    // The first measurement of bench.json.
    const std::string log = report::measurement_histogram_log(
        report::example_measurement({.index = 0, .repeat = 0, .members = 3, .rate = 92'000}));
    written = write(folder + "m0.hlog", log) && written;
    return written ? 0 : 1;
}
