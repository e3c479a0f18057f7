#include "orchestrator/records/run_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace elytractl::records {
namespace {

constexpr std::array<std::string_view, 32> tempers{
    "amber", "bold",  "brave",  "brisk", "calm",  "clear",  "crisp", "deft",
    "eager", "early", "fair",   "fleet", "fond",  "gentle", "glad",  "keen",
    "kind",  "light", "lively", "lucky", "merry", "mild",   "neat",  "plain",
    "proud", "quick", "quiet",  "sound", "spry",  "steady", "sunny", "wise"};
constexpr std::array<std::string_view, 32> animals{
    "badger", "beaver", "bison",  "crane", "dolphin", "eagle", "falcon", "ferret",
    "finch",  "fox",    "gannet", "hare",  "heron",   "ibex",  "jackal", "kestrel",
    "lark",   "lynx",   "marten", "mole",  "newt",    "otter", "owl",    "plover",
    "rabbit", "raven",  "robin",  "seal",  "stork",   "teal",  "weasel", "wren"};

constexpr std::size_t digits_min = 4;
constexpr std::size_t digits_max = 9;

bool is_word(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char letter) { return letter >= 'a' && letter <= 'z'; });
}

}  // namespace

std::string run_name(std::uint64_t number, std::uint64_t draw) {
    const std::string_view temper = tempers[draw % tempers.size()];
    const std::string_view animal = animals[draw / tempers.size() % animals.size()];
    return fmt::format("{:04}-{}-{}", number, temper, animal);
}

std::optional<std::uint64_t> run_number(std::string_view name) {
    const std::size_t first = name.find('-');
    if (first == std::string_view::npos || first < digits_min || first > digits_max) {
        return std::nullopt;
    }
    const std::string_view words = name.substr(first + 1);
    const std::size_t second = words.find('-');
    if (second == std::string_view::npos) return std::nullopt;
    if (!is_word(words.substr(0, second)) || !is_word(words.substr(second + 1))) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    const char* const end = name.data() + first;
    const auto [stopped, error] = std::from_chars(name.data(), end, number);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

}  // namespace elytractl::records
