#include "server/common/nearest_name.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace elytra {
namespace {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);  // of the first i letters of a
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    std::vector<std::size_t> before(row.size());  // of one letter less
    std::vector<std::size_t> last(row.size());    // of two letters less
    for (std::size_t i = 1; i <= a.size(); ++i) {
        last.swap(before);
        before = row;
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, row[j - 1] + 1, before[j] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], last[j - 2] + 1);
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
