#include "orchestrator/spec/explain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "orchestrator/spec/effective.hpp"
#include "orchestrator/spec/keys.hpp"

namespace elytractl::spec {
std::vector<Explained> explain(const Document& document) {
    const Effective effective(document);
    std::vector<Explained> values;
    for (const Key& key : keys()) {
        if (!is_leaf(key)) continue;
        values.push_back(
            {.pointer = std::string(key.pointer),
             .value = effective.value(key.pointer),
             .place = effective.says(key.pointer) ? document.place_of(key.pointer) : Place{}});
    }
    return values;
}

std::string explain_text(std::span<const Explained> values) {
    std::size_t pointer_width = 0;
    std::size_t value_width = 0;
    for (const Explained& one : values) {
        pointer_width = std::max(pointer_width, one.pointer.size());
        value_width = std::max(value_width, short_text(one.value).size());
    }
    std::string text;
    for (const Explained& one : values) {
        const std::string value = one.value.is_null() ? "-" : short_text(one.value);
        text += fmt::format("{:<{}}  {:<{}}  {}\n", one.pointer, pointer_width, value, value_width,
                            to_text(one.place));
    }
    return text;
}

Json explain_json(std::span<const Explained> values) {
    constexpr std::string_view kinds[] = {"default", "file", "environment", "flag"};
    Json list = Json::array();
    for (const Explained& one : values) {
        Json item = {{"pointer", one.pointer},
                     {"value", one.value},
                     {"source", kinds[static_cast<std::size_t>(one.place.kind)]}};
        if (!one.place.name.empty()) item["name"] = one.place.name;
        if (one.place.line != 0) {
            item["line"] = one.place.line;
            item["column"] = one.place.column;
        }
        list.push_back(std::move(item));
    }
    return list;
}

std::string keys_text() {
    std::string text;
    for (const Key& key : keys()) {
        if (key.pointer.empty()) continue;
        text += fmt::format("{}  ({})\n    {}.\n", key.pointer, kind_text(key), key.description);
        if (!key.default_text.empty()) text += fmt::format("    Default: {}\n", key.default_text);
        if (is_leaf(key) && !variable_name(key).empty()) {
            text += fmt::format("    Variable: {}\n", variable_name(key));
        }
    }
    return text;
}

Json keys_json() {
    Json list = Json::array();
    for (const Key& key : keys()) {
        if (key.pointer.empty()) continue;
        const bool has_default = !key.default_text.empty();
        const std::string variable = variable_name(key);
        list.push_back({{"pointer", key.pointer},
                        {"rule", kind_text(key)},
                        {"default", has_default ? Json::parse(key.default_text) : Json()},
                        {"variable", variable.empty() ? Json() : Json(variable)},
                        {"description", key.description}});
    }
    return list;
}

}  // namespace elytractl::spec
