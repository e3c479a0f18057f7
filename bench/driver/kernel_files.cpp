#include "bench/driver/kernel_files.hpp"

#include <fstream>

namespace elytra::bench {

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string value_of(const std::string& path, std::string_view key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (colon == 0 || colon == std::string::npos) continue;
        const std::size_t key_end = line.find_last_not_of(" \t", colon - 1) + 1;
        if (std::string_view(line).substr(0, key_end) != key) continue;
        const std::size_t value = line.find_first_not_of(" \t", colon + 1);
        return value == std::string::npos ? std::string() : line.substr(value);
    }
    return {};
}

}  // namespace elytra::bench
