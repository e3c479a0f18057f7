#pragma once

#include <nlohmann/json.hpp>

// Invented results of every kind, for what renders and what reads them.
namespace elytractl::report {

// Three members, an open loop at one rate, five repeats, thresholds.
nlohmann::json example_bench();

// Two subjects in twelve blocks.
nlohmann::json example_comparison();

// Steps up beyond the ceiling and down again, with a knee.
nlohmann::json example_sweep();

// Cut short: one of two measurements failed, names full of markup, and the verdict is INVALID.
nlohmann::json example_incomplete();

}  // namespace elytractl::report
