#include "orchestrator/spec/layers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "orchestrator/spec/check.hpp"
#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/keys.hpp"
#include "server/common/nearest_name.hpp"

namespace elytractl::spec {
namespace {

using elytra::Result;

constexpr std::string_view variable_prefix = "ELYTRACTL_";
constexpr std::string_view start_variable_prefix = "ELYTRACTL_CLUSTER_START_";
constexpr std::string_view start_pointer = "/cluster/start";

constexpr std::array<NamedFlag, 24> flags{{
    {"--name", "/name", {}},
    {"-n,--replicas", "/cluster/replicas", {}},
    {"--binary", "/cluster/binary", {}},
    {"--dir", "/cluster/dir", {}},
    {"--keep", "/cluster/lifetime", "keep"},
    {"--clients", "/load/clients", {}},
    {"--threads", "/load/threads", {}},
    {"--batch-max", "/load/batch_max", {}},
    {"--linger", "/load/linger", {}},
    {"--accounts", "/load/accounts", {}},
    {"--distribution", "/load/distribution", {}},
    {"--seed", "/load/seed", {}},
    {"--id-order", "/load/id_order", {}},
    {"--rate", "/load/arrival/rate", {}},
    {"--process", "/load/arrival/process", {}},
    {"--think", "/load/arrival/think", {}},
    {"--no-audit", "/load/audit", "false"},
    {"--duration", "/measure/duration", {}},
    {"--warmup-min", "/measure/warmup/min", {}},
    {"--warmup-max", "/measure/warmup/max", {}},
    {"--repeat", "/measure/repeat", {}},
    {"--interval", "/measure/interval", {}},
    {"--runs", "/report/dir", {}},
    {"--no-bundle", "/report/bundle", "never"},
}};

void append(Problems& problems, Problems more) {
    std::ranges::move(more, std::back_inserter(problems));
}

// The document that sets one key to what a text means for it.
Document document_of_text(std::string_view pointer, std::string_view text, const Place& place) {
    const Key* const key = find_key(pointer);
    Json value = key == nullptr ? value_of_text(text) : value_of_text(*key, text);
    return single_value(pointer, std::move(value), place);
}

// All layers of one run, laid over one another while what is wrong is collected.
class Stack {
public:
    void add(const Result<Document, Problems>& layer) {
        if (!layer.has_value()) return append(problems_, layer.error());
        Problems problems = check(*layer, Extent::layer);
        if (problems.empty()) return merge(document_, *layer);
        append(problems_, std::move(problems));
    }

    void report(Problem problem) { problems_.push_back(std::move(problem)); }

    // A file that says nothing of its format is not meant for us.
    void require_format() {
        if (!problems_.empty()) return;
        for (const std::string_view pointer : {"/$schema", "/kind"}) {
            if (find(document_.value, pointer) != nullptr) continue;
            const Key* const key = find_key(pointer);
            report({.place = document_.place_of(""),
                    .pointer = std::string(pointer),
                    .rule = fmt::format("is missing; must be {}", kind_text(*key))});
        }
    }

    Result<Document, Problems> finish() {
        if (problems_.empty()) append(problems_, check(document_, Extent::whole));
        if (!problems_.empty()) return elytra::Unexpected(sorted(std::move(problems_)));
        return std::move(document_);
    }

private:
    Document document_;
    Problems problems_;
};

Place place_of_variable(const std::string& name) {
    return {.kind = PlaceKind::environment, .name = name};
}

// The pointer that a variable sets; none if it sets nothing.
std::optional<std::string> pointer_of_variable(std::string_view name) {
    for (const Key& key : keys()) {
        if (!variable_name(key).empty() && variable_name(key) == name) {
            return std::string(key.pointer);
        }
    }
    if (!name.starts_with(start_variable_prefix)) return std::nullopt;
    std::string flag(name.substr(start_variable_prefix.size()));
    for (char& c : flag) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return child_pointer(start_pointer, flag);
}

bool begins_like_section(std::string_view name) {
    return std::ranges::any_of(keys(), [name](const Key& key) {
        const std::string variable = variable_name(key);
        return key.kind == ValueKind::object && !variable.empty() &&
               name.starts_with(variable + "_");
    });
}

// Of the names behind the prefix, so that it does not make all of them alike.
std::string nearest_variable(std::string_view name) {
    std::vector<std::string> variables;
    for (const Key& key : keys()) {
        std::string variable = variable_name(key);
        if (!variable.empty()) variables.push_back(variable.substr(variable_prefix.size()));
    }
    const std::vector<std::string_view> known(variables.begin(), variables.end());
    const std::string_view nearest =
        elytra::nearest_name(name.substr(variable_prefix.size()), known);
    return nearest.empty() ? std::string() : fmt::format("{}{}", variable_prefix, nearest);
}

// A variable that sets nothing is a mistake if it begins like those of a section, or is nearly
// one. Others with our prefix belong to other verbs.
std::optional<Problem> stray_variable(const std::string& name, const std::string& text) {
    std::string nearest = nearest_variable(name);
    if (nearest.empty() && !begins_like_section(name)) return std::nullopt;
    return Problem{.place = place_of_variable(name),
                   .value = text,
                   .rule = "there is no such variable",
                   .suggestion = std::move(nearest)};
}

void add_environment(Stack& stack, const Environment& environment) {
    for (const auto& [name, text] : environment) {
        if (!name.starts_with(variable_prefix)) continue;
        const std::optional<std::string> pointer = pointer_of_variable(name);
        if (pointer.has_value()) {
            stack.add(document_of_text(*pointer, text, place_of_variable(name)));
        } else if (auto problem = stray_variable(name, text); problem.has_value()) {
            stack.report(std::move(*problem));
        }
    }
}

// The pointer and the value of "/load/clients=4".
void add_set(Stack& stack, std::string_view text) {
    const Place place{.kind = PlaceKind::flag, .name = "--set"};
    const std::size_t equals = text.find('=');
    const std::string_view pointer = text.substr(0, equals);
    if (equals == text.npos || pointer.empty() || !is_pointer(pointer)) {
        stack.report({.place = place,
                      .value = std::string(text),
                      .rule = "must be POINTER=VALUE, for example /load/clients=4"});
        return;
    }
    stack.add(document_of_text(pointer, text.substr(equals + 1), place));
}

}  // namespace

std::span<const NamedFlag> named_flags() { return flags; }

Result<Document, Problems> load_document(const Layers& layers) {
    Stack stack;
    for (const std::string& path : layers.files) stack.add(read_document_file(path));
    if (!layers.files.empty()) stack.require_format();
    add_environment(stack, layers.environment);
    for (const Override& one : layers.overrides) {
        stack.add(
            document_of_text(one.pointer, one.text, {.kind = PlaceKind::flag, .name = one.flag}));
    }
    for (const std::string& text : layers.sets) add_set(stack, text);
    return stack.finish();
}

}  // namespace elytractl::spec
