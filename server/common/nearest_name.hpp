#pragma once

#include <span>
#include <string_view>

namespace elytra {

// The candidate that `word` was probably meant to be; empty when none is near enough.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace elytra
