#include "tests/sim/crash_patterns.hpp"

#include <algorithm>
#include <utility>

namespace elytra::sim {
namespace {

constexpr std::size_t boundaries_all_max =
    16;  // writes with more atoms are torn at some places only
constexpr std::size_t boundaries_some = 6;
constexpr std::size_t mixtures = 4;
constexpr std::size_t writes_all_max = 8;  // of more, each is torn at one place only

std::vector<std::size_t> boundaries(std::size_t atoms) {
    std::vector<std::size_t> cuts;
    const std::size_t count = atoms <= boundaries_all_max ? atoms : boundaries_some;
    for (std::size_t i = 1; i < count; ++i) cuts.push_back(i * atoms / count);
    // The first atom holds the checksum of most blocks.
    if (count < atoms) cuts.push_back(1);
    return cuts;
}

// With the others kept and with the others dropped.
void add_all_of(std::size_t write, const CrashPattern& atoms, std::vector<CrashPattern>& patterns) {
    std::vector<std::size_t> cuts = boundaries(atoms[write]);
    if (atoms.size() > 1) cuts.insert(cuts.end(), {0, atoms[write]});
    for (const std::size_t cut : cuts) {
        for (CrashPattern pattern : {CrashPattern(atoms.size(), 0), atoms}) {
            pattern[write] = cut;
            patterns.push_back(std::move(pattern));
        }
    }
}

// Most of many writes are pages that nothing refers to yet, and each was torn everywhere when it
// was one of few.
void add_some_of(std::size_t write, const CrashPattern& atoms, Prng& prng,
                 std::vector<CrashPattern>& patterns) {
    CrashPattern alone(atoms.size(), 0);
    alone[write] = atoms[write];
    CrashPattern torn = prng.chance(1, 2) ? alone : atoms;
    torn[write] = prng.below(atoms[write] + 1);
    CrashPattern dropped = atoms;
    dropped[write] = 0;
    patterns.insert(patterns.end(), {std::move(alone), std::move(torn), std::move(dropped)});
}

}  // namespace

std::vector<CrashPattern> crash_patterns(const CrashPattern& atoms, Prng& prng) {
    std::vector<CrashPattern> patterns{CrashPattern(atoms.size(), 0)};
    if (atoms.empty()) return patterns;
    patterns.push_back(atoms);
    for (std::size_t write = 0; write < atoms.size(); ++write) {
        if (atoms.size() <= writes_all_max) {
            add_all_of(write, atoms, patterns);
        } else {
            add_some_of(write, atoms, prng, patterns);
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
