#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/spec/json.hpp"

namespace elytractl::spec {

enum class ValueKind : std::uint8_t {
    object,  // its members are keys of the table
    list,    // its items are the key "POINTER/*"
    text,    // a word or a path, not empty
    name,    // letters, digits, '.', '_', '-': becomes a part of the names of folders
    choice,  // one of Key::choices
    driver,  // who has the sessions: "builtin:transfers" or "exec:COMMAND"
    whole,   // a whole number
    number,
    boolean,
    fraction,  // "0.5%", or 0.005
    duration,  // "250ms"
    rate,      // "150k/s", or events a second
    rate_or_auto,
    metric,       // name of a metric
    quantity,     // a number, or a text in the unit of a metric
    start_flags,  // an object: flag of `start` → text, number or boolean
    matrix,       // an object: pointer → list of values; and "exclude"
};

// One line of the table that validation, JSON Schema, explanations, environment variables and
// defaults are all made of.
struct Key {
    std::string_view pointer;  // "*" stands for every item of a list
    ValueKind kind;
    std::string_view default_text = {};  // JSON; empty: none, or it follows from other keys
    std::string_view description = {};
    double minimum = 0;  // of numbers; durations in nanoseconds, rates in events a second
    double maximum = 0;  // of lists: items; 0 with minimum 0: no bounds
    std::span<const std::string_view> choices = {};
};

// Every key of a run file of kind "bench", in the order in which people write them.
std::span<const Key> keys();

// Of the value at a pointer, none if there is no such key. Items of lists count: /thresholds/0/max.
const Key* find_key(std::string_view pointer);

// Whether a key is no object and no item of a list.
bool is_leaf(const Key& key);

// The last part of the pointers of all keys directly below an object.
std::vector<std::string_view> member_names(const Key& object);

// Why a value does not fit its key: "must be a whole number from 1 to 64"; none where it does.
// Looks at the value itself, not at members and items.
std::optional<std::string> broken_rule(const Key& key, const Json& value);

// What a text on a command line or in a variable means for a key: 4 is a number where numbers are
// expected, and a word where words are.
Json value_of_text(const Key& key, std::string_view text);

// Without a key, of flags of `start`: JSON if it is, otherwise a word.
Json value_of_text(std::string_view text);

// ELYTRACTL_LOAD_CLIENTS for /load/clients; empty where there is none: items of lists, format.
std::string variable_name(const Key& key);

// In words for people: "whole number from 1 to 64".
std::string kind_text(const Key& key);

}  // namespace elytractl::spec
