#include "bench/audit/findings.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace elytra::bench {

void Findings::add(std::string_view kind, std::string_view example) {
    add({.kind = std::string(kind), .example = std::string(example), .count = 1});
}

void Findings::merge(const Findings& other) {
    for (const Finding& finding : other.found_) add(finding);
}

void Findings::add(const Finding& added) {
    auto finding = std::ranges::find(found_, added.kind, &Finding::kind);
    if (finding != found_.end()) {
        finding->count += added.count;
    } else if (found_.size() < kinds_max) {
        found_.push_back(added);
    } else {
        found_.back().kind = "other findings";
        found_.back().count += added.count;
    }
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
