#include "bench/load/findings.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace elytra::bench {

void Findings::add(std::string_view kind, std::string_view example) {
    auto finding = std::ranges::find(found_, kind, &Finding::kind);
    if (finding == found_.end() && found_.size() >= kinds_max) {
        finding = found_.end() - 1;
        finding->kind = "other findings";
    }
    if (finding == found_.end()) {
        found_.push_back({.kind = std::string(kind), .example = std::string(example)});
        finding = found_.end() - 1;
    }
    ++finding->count;
}

std::vector<std::string> Findings::sentences() const {
    std::vector<std::string> sentences;
    for (const Finding& finding : found_) {
        sentences.push_back(finding.count == 1
                                ? fmt::format("{}: {}", finding.kind, finding.example)
                                : fmt::format("{} ({} times, first: {})", finding.kind,
                                              finding.count, finding.example));
    }
    return sentences;
}

}  // namespace elytra::bench
