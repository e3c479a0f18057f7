#include "bench/audit/findings.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace elytra::bench {
namespace {

constexpr std::string_view other_kind = "other findings";

}  // namespace

void Findings::add(std::string_view kind, std::string_view example) {
    add({.kind = std::string(kind), .example = std::string(example), .count = 1});
}

void Findings::merge(const Findings& other) {
    for (const Finding& finding : other.found_) add(finding);
}

void Findings::add(const Finding& added) {
    auto finding = std::ranges::find(found_, added.kind, &Finding::kind);
    if (finding == found_.end() && found_.size() < kinds_max) {
        found_.push_back(added);
        return;
    }
    if (finding == found_.end()) finding = std::ranges::find(found_, other_kind, &Finding::kind);
    if (finding == found_.end()) {
        finding = found_.end() - 1;
        finding->kind = other_kind;
    }
    finding->count += added.count;
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
