#include "tests/sim/crash_patterns.hpp"

#include <algorithm>

namespace elytra::sim {
namespace {

constexpr std::size_t boundaries_all_max =
    16;  // writes with more atoms are torn at some places only
constexpr std::size_t boundaries_some = 6;
constexpr std::size_t mixtures = 4;

std::vector<std::size_t> boundaries(std::size_t atoms) {
    std::vector<std::size_t> cuts;
    const std::size_t count = atoms <= boundaries_all_max ? atoms : boundaries_some;
    for (std::size_t i = 1; i < count; ++i) cuts.push_back(i * atoms / count);
    // The first atom holds the checksum of most blocks.
    if (count < atoms) cuts.push_back(1);
    return cuts;
}

}  // namespace

std::vector<CrashPattern> crash_patterns(const CrashPattern& atoms, Prng& prng) {
    const CrashPattern none(atoms.size(), 0);
    std::vector<CrashPattern> patterns{none};
    if (atoms.empty()) return patterns;
    patterns.push_back(atoms);
    for (std::size_t write = 0; write < atoms.size(); ++write) {
        std::vector<std::size_t> cuts = boundaries(atoms[write]);
        if (atoms.size() > 1) cuts.insert(cuts.end(), {0, atoms[write]});
        for (const std::size_t cut : cuts) {
            for (CrashPattern pattern : {none, atoms}) {
                pattern[write] = cut;
                patterns.push_back(std::move(pattern));
            }
        }
    }
    for (std::size_t mixture = 0; mixture < mixtures && atoms.size() > 1; ++mixture) {
        CrashPattern pattern = atoms;
        for (std::size_t& kept : pattern) kept = prng.below(kept + 1);
        patterns.push_back(std::move(pattern));
    }
    std::ranges::sort(patterns);
    const auto twice = std::ranges::unique(patterns);
    patterns.erase(twice.begin(), twice.end());
    return patterns;
}

}  // namespace elytra::sim
