#include "orchestrator/spec/problem.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "server/common/assert.hpp"

namespace elytractl::spec {

std::string to_text(const Place& place) {
    switch (place.kind) {
        case PlaceKind::built_in:
            return "default";
        case PlaceKind::file:
            if (place.line == 0) return place.name;
            return fmt::format("{}:{}:{}", place.name, place.line, place.column);
        case PlaceKind::environment:
        case PlaceKind::flag:
            return place.name;
    }
    ELYTRA_ASSERT(false);
}

std::string to_text(const Problem& problem) {
    std::string text = to_text(problem.place);
    if (!problem.pointer.empty()) text += ": " + problem.pointer;
    if (!problem.value.empty()) text += fmt::format(" ({})", problem.value);
    text += ": " + problem.rule;
    if (!problem.suggestion.empty()) {
        text += fmt::format("; did you mean \"{}\"?", problem.suggestion);
    }
    return text;
}

Json to_json(const Problem& problem) {
    Json json = {{"source", problem.place.name}};
    if (problem.place.line != 0) {
        json["line"] = problem.place.line;
        json["column"] = problem.place.column;
    }
    json["pointer"] = problem.pointer;
    json["value"] = problem.value.empty() ? Json() : Json(problem.value);
    json["rule"] = problem.rule;
    json["suggestion"] = problem.suggestion.empty() ? Json() : Json(problem.suggestion);
    json["text"] = to_text(problem);
    return json;
}

Problems sorted(Problems problems) {
    std::ranges::sort(problems);
    problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
    return problems;
}

}  // namespace elytractl::spec
