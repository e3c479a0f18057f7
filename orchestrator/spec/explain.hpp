#pragma once

#include <span>
#include <string>
#include <vector>

#include "orchestrator/spec/document.hpp"

namespace elytractl::spec {

// A value that is in force, and where it was said.
struct Explained {
    std::string pointer;
    Json value;  // null where nothing is said and there is no default
    Place place;
};

// Every key that is no object and no item of a list, in the order of the table. Requires: check()
// found nothing in the document.
std::vector<Explained> explain(const Document& document);

std::string explain_text(std::span<const Explained> values);
Json explain_json(std::span<const Explained> values);

// The table of keys for people and for scripts: rule, default, variable, meaning.
std::string keys_text();
Json keys_json();

}  // namespace elytractl::spec
