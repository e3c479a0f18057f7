#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/spec/json.hpp"

namespace elytractl::spec {

enum class PlaceKind : std::uint8_t { built_in, file, environment, flag };

// Where a value comes from. Line and column are those of a file, from 1; columns count characters.
struct Place {
    PlaceKind kind = PlaceKind::built_in;
    std::string name = {};  // path of the file, name of the variable or of the flag
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    auto operator<=>(const Place&) const = default;
};

// What is wrong with one value of a run file, in words that a person can act on.
struct Problem {
    Place place;
    std::string pointer = {};     // of the value; empty: the whole document
    std::string value = {};       // as found; empty where something is missing
    std::string rule = {};        // "must be a whole number from 1 to 64"
    std::string suggestion = {};  // the word that was probably meant

    auto operator<=>(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

// "bench.json:7:16", "ELYTRACTL_LOAD_CLIENTS", "--clients" or "default".
std::string to_text(const Place& place);

// "bench.json:7:16: /load/clients (0): must be a whole number from 1 to 64".
std::string to_text(const Problem& problem);

Json to_json(const Problem& problem);

// By place, each once.
Problems sorted(Problems problems);

}  // namespace elytractl::spec
