#include "orchestrator/cli/command_tree.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <CLI/CLI.hpp>

#include "orchestrator/spec/keys.hpp"
#include "orchestrator/spec/layers.hpp"

namespace elytractl::cli {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    return names;
}

// The key of run files that a flag stands for; null where it is no such flag.
const spec::Key* key_of(const std::vector<std::string>& names) {
    for (const spec::NamedFlag& flag : spec::named_flags()) {
        const std::size_t comma = flag.flags.rfind(',');
        const std::string_view name =
            comma == flag.flags.npos ? flag.flags : flag.flags.substr(comma + 1);
        if (std::ranges::find(names, name) != names.end()) return spec::find_key(flag.pointer);
    }
    return nullptr;
}

// CLI11 describes the words that it allows: "TEXT:{text,html}" or "{csv,json}".
std::vector<std::string> allowed_words(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const std::size_t begin = type.find('{');
    const std::size_t end = type.find('}', begin);
    std::vector<std::string> words;
    if (begin == type.npos || end == type.npos) return words;
    for (std::size_t at = begin + 1; at < end;) {
        const std::size_t comma = std::min(type.find(',', at), end);
        const std::string word = type.substr(at, comma - at);
        const std::size_t arrow = word.find("->");
        words.push_back(word.substr(0, arrow));
        at = comma + 1;
    }
    return words;
}

ValueWords value_of(const CLI::Option& option, std::string_view verb) {
    const std::vector<std::string> names = names_of(option);
    if (names.empty()) {  // without a flag
        const std::string& name = option.get_name();
        if (name == "FILE" || name == "files") return {.kind = Completed::files};
        if (is_one_of(name, {"run", "runs"}) || verb == "runs diff") {
            return {.kind = Completed::runs};
        }
        if (verb == "release verify") return {.kind = Completed::releases};
    }
    if (std::vector<std::string> words = allowed_words(option); !words.empty()) {
        return {.kind = Completed::choices, .choices = std::move(words)};
    }
    const spec::Key* const key = key_of(names);
    if (key != nullptr && !key->choices.empty()) {
        return {.kind = Completed::choices, .choices = {key->choices.begin(), key->choices.end()}};
    }
    const std::string& name = option.get_name();
    if (is_one_of(name, {"--binary", "--a", "--b"})) return {.kind = Completed::programs};
    if (name == "--rerun") return {.kind = Completed::runs};
    if (is_one_of(name, {"--file", "--output", "--events", "--dir", "--runs"})) {
        return {.kind = Completed::files};
    }
    return {};
}

void add_verb(std::vector<VerbWords>& verbs, const CLI::App& app, const std::string& path) {
    VerbWords words{.path = path,
                    .description = app.get_description(),
                    .verbs = {},
                    .flags = {},
                    .positionals = {}};
    for (const CLI::Option* const option : app.get_options()) {
        const std::vector<std::string> names = names_of(*option);
        if (names.empty()) {
            words.positionals.push_back(value_of(*option, path));
            continue;
        }
        const bool takes_value = option->get_items_expected_max() > 0;
        words.flags.push_back({.names = names,
                               .description = option->get_description(),
                               .takes_value = takes_value,
                               .value = takes_value ? value_of(*option, path) : ValueWords{}});
    }
    std::vector<const CLI::App*> below;
    for (const CLI::App* const verb : app.get_subcommands(nullptr)) {
        if (verb->get_group().empty()) continue;  // not shown
        words.verbs.push_back(verb->get_name());
        below.push_back(verb);
    }
    verbs.push_back(std::move(words));
    for (const CLI::App* const verb : below) {
        add_verb(verbs, *verb, path.empty() ? verb->get_name() : path + " " + verb->get_name());
    }
}

}  // namespace

std::vector<VerbWords> command_tree(const CLI::App& app) {
    std::vector<VerbWords> verbs;
    add_verb(verbs, app, "");
    return verbs;
}

}  // namespace elytractl::cli
