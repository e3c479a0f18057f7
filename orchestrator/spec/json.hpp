#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace elytractl::spec {

using Json = nlohmann::ordered_json;

// The pointer to a member, or to an item, of what `pointer` names; the key is escaped.
std::string child_pointer(std::string_view pointer, std::string_view key);

// The keys of a pointer, unescaped; the empty pointer has none. Requires: is_pointer(pointer).
std::vector<std::string> pointer_keys(std::string_view pointer);

// Empty, or keys that each stand behind a slash, with ~0 and ~1 for what is special in them.
bool is_pointer(std::string_view text);

// The value there, null if there is none. Requires: is_pointer(pointer).
const Json* find(const Json& value, std::string_view pointer);

// A short text of a value for a message: at most some sixty characters.
std::string short_text(const Json& value);

}  // namespace elytractl::spec
