#include "server/common/nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace elytra {
namespace {

// Insertions, deletions and replacements that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view nearest;
    // A third of the letters may be wrong; more than that is another word.
    std::size_t distance_max = std::max<std::size_t>(1, word.size() / 3);
    for (const std::string_view candidate : candidates) {
        const bool abbreviated = word.size() >= 2 && candidate.starts_with(word);
        const std::size_t distance = abbreviated ? 1 : edit_distance(word, candidate);
        if (distance > distance_max || (distance == distance_max && !nearest.empty())) continue;
        nearest = candidate;
        distance_max = distance;
    }
    return nearest;
}

}  // namespace elytra
