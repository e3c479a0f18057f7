#pragma once

#include <array>
#include <string_view>

namespace elytractl::spec {

// Words of a run file. Where a type of BenchSpec stands behind them, in the order of its
// enumerators.

inline constexpr std::string_view schema_name = "elytractl/1";
inline constexpr std::string_view kind_bench = "bench";
inline constexpr std::string_view rate_auto = "auto";
inline constexpr std::string_view driver_builtin = "builtin:transfers";
inline constexpr std::string_view driver_exec = "exec:";  // and a command

inline constexpr std::array<std::string_view, 2> lifetime_names{"ephemeral", "keep"};
inline constexpr std::array<std::string_view, 2> warmup_names{"steady", "time"};
inline constexpr std::array<std::string_view, 2> on_fail_names{"fail", "invalid"};
inline constexpr std::array<std::string_view, 2> bundle_names{"failure", "never"};
inline constexpr std::array<std::string_view, 7> format_names{"text",     "json",  "hdr", "html",
                                                              "markdown", "junit", "csv"};

// Those of the workload, in its order, and hot accounts as one more.
inline constexpr std::string_view distribution_hot = "hot";
inline constexpr std::array<std::string_view, 4> distribution_names{"uniform", "zipfian", "latest",
                                                                    distribution_hot};

}  // namespace elytractl::spec
