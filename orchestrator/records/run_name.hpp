#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elytractl::records {

// "0042-brisk-otter": a number that says the order, and two words that one can say aloud.
std::string run_name(std::uint64_t number, std::uint64_t draw);

// The number of such a name; none for any other text.
std::optional<std::uint64_t> run_number(std::string_view name);

}  // namespace elytractl::records
