#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/cli/flag_values.hpp"
#include "server/common/result.hpp"

namespace elytra::cli {

using Arguments = std::span<const std::string_view>;

// Stores the text behind the '=' of a flag as a value, or returns why it is refused.
using Accept = std::function<Result<void, std::string>(std::string_view text)>;

enum class Presence : std::uint8_t { optional, required, hidden };

// One long option. `accept` refers to the variable that receives the value and is called at most
// once for a command line.
struct Flag {
    std::string_view name;   // without the dashes
    std::string_view value;  // how the help names the value, such as "<size>"; empty for a switch
    std::string_view help;
    Accept accept;
    Presence presence = Presence::optional;
};

// The one argument without dashes that a command may take.
struct Positional {
    std::string_view name;  // such as "<path>"
    std::string_view help;
    std::string* target;
};

// What a command accepts. The same declaration parses the arguments and prints the help.
struct CommandLine {
    std::string_view program;
    std::string_view command;  // may be empty, for a program without commands
    std::string_view summary;
    std::vector<Flag> flags;
    std::optional<Positional> positional;
};

struct HelpText {
    std::string text;
};

// Every reason why the command line cannot be served, each one line without its "error: ".
struct Refusal {
    std::vector<std::string> errors;
};

// What the user asked for: run with these options, show the help, or something impossible.
template <class Options>
using Request = std::variant<Options, HelpText, Refusal>;

// The outcome of matching arguments with a declaration, before a command adds its own checks.
struct ParsedArguments {
    bool help_wanted = false;
    std::vector<std::string_view> given = {};  // names of the flags that occurred, in their order
    std::vector<std::string> errors = {};

    bool has(std::string_view name) const;
};

// Matches all arguments, stores the accepted values and collects every error instead of only the
// first. Pure apart from the variables that the declaration refers to.
ParsedArguments parse_arguments(const CommandLine& line, Arguments arguments);

std::string help_text(const CommandLine& line);

// One error in the form that all commands use: "what (value): reason".
std::string describe_error(std::string_view what, std::string_view value, std::string_view reason);

// Turns the outcome of a parse into the request of a command.
template <class Options>
Request<Options> conclude(const CommandLine& line, ParsedArguments parsed, Options options) {
    if (parsed.help_wanted) return HelpText{help_text(line)};
    if (!parsed.errors.empty()) return Refusal{std::move(parsed.errors)};
    return options;
}

template <class T>
struct UnwrapOptional {
    using type = T;
};

template <class T>
struct UnwrapOptional<std::optional<T>> {
    using type = T;
};

// The functions below make the Accept of a flag. `target` is a variable of the value's type, or an
// optional of it; it must live until the arguments are parsed.

template <class Target, class Parse>
Accept store_parsed(Target& target, Parse parse) {
    return [&target, parse](std::string_view text) -> Result<void, std::string> {
        const auto value = parse(text);
        if (!value.has_value()) return Unexpected(value.error());
        target = static_cast<typename UnwrapOptional<Target>::type>(*value);
        return {};
    };
}

// The range is cut to what the type of the target can hold.
template <class Target>
Accept store_integer(Target& target, IntegerRange range = {}) {
    using Value = typename UnwrapOptional<Target>::type;
    range.max = std::min(range.max, static_cast<u128>(static_cast<Value>(~Value{0})));
    return store_parsed(target,
                        [range](std::string_view text) { return parse_integer(text, range); });
}

template <class Target>
Accept store_size(Target& target, SizeRange range = {}) {
    return store_parsed(target, [range](std::string_view text) { return parse_size(text, range); });
}

// The enumerators of the target's type must count from zero in the order of `names`.
template <class Target>
Accept store_choice(Target& target, std::span<const std::string_view> names) {
    return store_parsed(target,
                        [names](std::string_view text) { return parse_choice(text, names); });
}

template <class Target>
Accept store_text(Target& target) {
    return [&target](std::string_view text) -> Result<void, std::string> {
        target = std::string(text);
        return {};
    };
}

Accept store_switch(bool& target);
Accept store_duration(std::chrono::nanoseconds& target);
Accept store_ratio(std::optional<Ratio>& target);

}  // namespace elytra::cli
