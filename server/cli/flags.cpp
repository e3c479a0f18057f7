#include "server/cli/flags.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "server/common/nearest_name.hpp"

namespace elytra::cli {
namespace {

// Walks over the arguments once, then looks for what is missing.
class ArgumentsParser {
public:
    ArgumentsParser(const CommandLine& line, Arguments arguments)
        : line_(line), arguments_(arguments), texts_(line.flags.size()) {}

    ParsedArguments parse() {
        while (next_ < arguments_.size()) {
            const std::string_view argument = arguments_[next_++];
            if (argument == "--help" || argument == "-h") return {.help_wanted = true};
            on_argument(argument);
        }
        check_positionals();
        check_missing();
        return std::move(parsed_);
    }

private:
    void on_argument(std::string_view argument) {
        if (!argument.starts_with('-')) {
            positionals_.push_back(argument);
        } else if (!argument.starts_with("--")) {
            path_mistaken_ = true;
            refuse(argument, {},
                   "not a flag; write a path that starts with '-' as ./" + std::string(argument));
        } else {
            on_flag(argument);
        }
    }

    void on_flag(std::string_view argument) {
        const std::size_t separator = argument.find('=');
        const std::string_view label = argument.substr(0, separator);
        const auto flag = std::ranges::find(line_.flags, label.substr(2), &Flag::name);
        if (flag == line_.flags.end()) return on_unknown_flag(argument);
        if (!positionals_.empty()) {
            refuse(label, {}, fmt::format("write flags before '{}'", positionals_.front()));
            return;
        }
        if (separator != argument.npos) {
            store(*flag, label, argument.substr(separator + 1));
        } else if (flag->value.empty()) {
            store(*flag, label, "true");
        } else {
            on_missing_value(*flag, label);
        }
    }

    void on_unknown_flag(std::string_view argument) {
        const std::size_t separator = argument.find('=');
        const std::string_view label = argument.substr(0, separator);
        const std::string_view value =
            separator == argument.npos ? std::string_view{} : argument.substr(separator + 1);
        std::vector<std::string_view> names;
        for (const Flag& flag : line_.flags) {
            if (flag.presence != Presence::hidden) names.push_back(flag.name);
        }
        const std::string_view nearest = nearest_name(label.substr(2), names);
        if (!nearest.empty()) {
            refuse(label, value, fmt::format("unknown flag; did you mean --{}?", nearest));
        } else if (names.empty()) {
            refuse(label, value, fmt::format("unknown flag; {} takes none", line_.command));
        } else {
            refuse(label, value,
                   fmt::format("unknown flag; known are --{}", fmt::join(names, ", --")));
        }
    }

    // "--cluster 0": takes the next word for the value, so that it is not refused a second time.
    void on_missing_value(const Flag& flag, std::string_view label) {
        std::string_view value = flag.value;
        if (next_ < arguments_.size() && !arguments_[next_].starts_with('-')) {
            value = arguments_[next_++];
        }
        text_of(flag) = value;
        refuse(label, {}, fmt::format("a value is required; write {}={}", label, value));
    }

    void store(const Flag& flag, std::string_view label, std::string_view text) {
        std::optional<std::string_view>& text_before = text_of(flag);
        if (text_before.has_value()) {
            refuse(
                label, {},
                fmt::format("given twice, as '{}' and as '{}'; give it once", *text_before, text));
            return;
        }
        text_before = text;
        parsed_.given.push_back(flag.name);
        if (text.empty()) {
            refuse(label, {},
                   fmt::format("a value is required; write {}={}", label,
                               flag.value.empty() ? "true" : flag.value));
            return;
        }
        const Result<void, std::string> accepted = flag.accept(text);
        if (!accepted.has_value()) refuse(label, text, accepted.error());
    }

    void check_positionals() {
        if (!line_.positional.has_value()) {
            for (const std::string_view extra : positionals_) {
                refuse(extra, {}, fmt::format("{} takes no such argument", line_.command));
            }
            return;
        }
        const std::string_view name = line_.positional->name;
        if (positionals_.size() > 1) {
            refuse(name, fmt::format("{}", fmt::join(positionals_, ", ")),
                   fmt::format("expected one, but {} are given", positionals_.size()));
        } else if (positionals_.size() == 1 && positionals_.front().empty()) {
            refuse(name, {}, "must not be empty");
        } else if (positionals_.size() == 1) {
            *line_.positional->target = positionals_.front();
        }
    }

    // All missing arguments in one line: the user completes the command once.
    void check_missing() {
        std::vector<std::string> missing;
        for (const Flag& flag : line_.flags) {
            if (flag.presence != Presence::required || text_of(flag).has_value()) continue;
            missing.push_back(fmt::format("--{}={}", flag.name, flag.value));
        }
        if (line_.positional.has_value() && positionals_.empty() && !path_mistaken_) {
            missing.push_back(
                fmt::format("{} ({})", line_.positional->name, line_.positional->help));
        }
        if (!missing.empty()) {
            refuse(line_.command, {}, fmt::format("missing {}", fmt::join(missing, ", ")));
        }
    }

    std::optional<std::string_view>& text_of(const Flag& flag) {
        return texts_[static_cast<std::size_t>(&flag - line_.flags.data())];
    }

    void refuse(std::string_view what, std::string_view value, std::string_view reason) {
        parsed_.errors.push_back(describe_error(what, value, reason));
    }

    const CommandLine& line_;
    Arguments arguments_;
    std::size_t next_ = 0;
    std::vector<std::optional<std::string_view>> texts_;  // of each flag that occurred
    std::vector<std::string_view> positionals_;
    bool path_mistaken_ = false;  // what was meant for the path is refused already
    ParsedArguments parsed_;
};

std::string usage_form(const Flag& flag) {
    return flag.value.empty() ? fmt::format("--{}", flag.name)
                              : fmt::format("--{}={}", flag.name, flag.value);
}

}  // namespace

bool ParsedArguments::has(std::string_view name) const {
    return std::ranges::find(given, name) != given.end();
}

ParsedArguments parse_arguments(const CommandLine& line, Arguments arguments) {
    return ArgumentsParser(line, arguments).parse();
}

std::string help_text(const CommandLine& line) {
    std::string usage = fmt::format("Usage: {}", line.program);
    if (!line.command.empty()) usage += fmt::format(" {}", line.command);
    std::size_t width = line.positional.has_value() ? line.positional->name.size() : 0;
    for (const Flag& flag : line.flags) {
        if (flag.presence == Presence::hidden) continue;
        width = std::max(width, usage_form(flag).size());
        if (flag.presence == Presence::required) usage += " " + usage_form(flag);
    }
    if (!line.flags.empty()) usage += " [flags]";
    if (line.positional.has_value()) usage += fmt::format(" {}", line.positional->name);

    std::string text = fmt::format("{}\n\n{}\n\n", usage, line.summary);
    for (const Flag& flag : line.flags) {
        if (flag.presence == Presence::hidden) continue;
        text += fmt::format("  {:<{}}  {}\n", usage_form(flag), width, flag.help);
    }
    if (line.positional.has_value()) {
        text += fmt::format("  {:<{}}  {}\n", line.positional->name, width, line.positional->help);
    }
    return text;
}

std::string describe_error(std::string_view what, std::string_view value, std::string_view reason) {
    if (value.empty()) return fmt::format("{}: {}", what, reason);
    return fmt::format("{} ({}): {}", what, value, reason);
}

Accept store_switch(bool& target) { return store_parsed(target, parse_switch); }

Accept store_duration(std::chrono::nanoseconds& target) {
    return store_parsed(target, parse_duration);
}

Accept store_ratio(std::optional<Ratio>& target) { return store_parsed(target, parse_ratio); }

}  // namespace elytra::cli
