#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/common/result.hpp"

namespace elytractl::spec {

// Numbers with a unit as run files write them: a decimal number and one unit, nothing between. An
// error is worded to follow "value: ".

// "250ms", "1.5s", "5m": nanoseconds. Units ns, us, ms, s, m, h.
elytra::Result<std::uint64_t, std::string> parse_duration(std::string_view text);

// "256MiB": bytes. Units B, KiB, MiB, GiB, TiB.
elytra::Result<std::uint64_t, std::string> parse_size(std::string_view text);

// "150k/s", "1.5M/s", "200/s": events a second.
elytra::Result<std::uint64_t, std::string> parse_rate(std::string_view text);

// "0.5%": a fraction, 0.005.
elytra::Result<double, std::string> parse_percentage(std::string_view text);

// The same in the largest unit that needs no more than three decimals: "1.5s", "92k/s".
std::string duration_text(std::uint64_t nanoseconds);
std::string rate_text(double events_per_second);
std::string percentage_text(double fraction);

}  // namespace elytractl::spec
