#include "orchestrator/cli/completion_script.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace elytractl::cli {
namespace {

constexpr std::string_view bash_head = R"bash(# elytractl completion bash
_elytractl_runs() { elytractl runs ls 2>/dev/null | awk 'NR > 1 { print $1 }'; }
_elytractl_releases() { elytractl release ls 2>/dev/null | awk '{ print $1 }'; }

# The values of one kind that begin with a word.
_elytractl_values() {
    case $1 in
        files) compgen -f -- "$2" ;;
        runs) compgen -W "$(_elytractl_runs)" -- "$2" ;;
        releases) compgen -W "$(_elytractl_releases)" -- "$2" ;;
        programs)
            compgen -f -- "$2"
            compgen -W "$(_elytractl_releases | sed 's/^/release:/')" -- "$2"
            ;;
        nothing) ;;
        *) compgen -W "$1" -- "$2" ;;
    esac
}

)bash";

// "--flag=value" comes as three words, because '=' parts words.
constexpr std::string_view bash_tail = R"bash(
_elytractl() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local verb="" verbs flags positional kind index word
    if [ "$current" = "=" ]; then
        current=""
    elif [ "$before" = "=" ]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((index = 1; index < COMP_CWORD; ++index)); do
        word=${COMP_WORDS[index]}
        _elytractl_verb "$verb"
        case " $verbs " in
            *" $word "*) verb="${verb:+$verb }$word" ;;
        esac
    done
    _elytractl_verb "$verb"
    COMPREPLY=()
    kind=$(_elytractl_kind "$verb" "$before")
    if [ -n "$kind" ]; then
        COMPREPLY=($(_elytractl_values "$kind" "$current"))
    elif [ "${current#-}" != "$current" ]; then
        COMPREPLY=($(compgen -W "$flags" -- "$current"))
    else
        COMPREPLY=($(compgen -W "$verbs" -- "$current")
                   $(_elytractl_values "$positional" "$current"))
    fi
}

complete -o filenames -F _elytractl elytractl
)bash";

std::string_view kind_word(Completed kind) {
    switch (kind) {
        case Completed::files:
            return "files";
        case Completed::runs:
            return "runs";
        case Completed::releases:
            return "releases";
        case Completed::programs:
            return "programs";
        case Completed::nothing:
        case Completed::choices:
            break;
    }
    return "nothing";
}

std::string value_text(const ValueWords& value) {
    if (value.kind != Completed::choices) return std::string(kind_word(value.kind));
    return fmt::format("{}", fmt::join(value.choices, " "));
}

std::vector<std::string> all_names(const VerbWords& verb) {
    std::vector<std::string> names;
    for (const FlagWords& flag : verb.flags) {
        names.insert(names.end(), flag.names.begin(), flag.names.end());
    }
    return names;
}

std::string bash_script(std::span<const VerbWords> verbs) {
    std::string script(bash_head);
    script += "# What may stand behind a verb.\n_elytractl_verb() {\n    case $1 in\n";
    for (const VerbWords& verb : verbs) {
        script +=
            fmt::format("        '{}') verbs='{}' positional='{}'\n            flags='{}' ;;\n",
                        verb.path, fmt::join(verb.verbs, " "),
                        verb.positionals.empty() ? "nothing" : value_text(verb.positionals.front()),
                        fmt::join(all_names(verb), " "));
    }
    script +=
        "    esac\n}\n\n# The kind of value that a flag of a verb takes, or its words.\n"
        "_elytractl_kind() {\n    case \"$1 $2\" in\n";
    for (const VerbWords& verb : verbs) {
        for (const FlagWords& flag : verb.flags) {
            if (!flag.takes_value) continue;
            for (const std::string& name : flag.names) {
                script += fmt::format("        '{} {}') echo '{}' ;;\n", verb.path, name,
                                      value_text(flag.value));
            }
        }
    }
    return script + "    esac\n}\n" + std::string(bash_tail);
}

// In single quotes of fish, where a backslash protects.
std::string fish_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char letter : text) {
        if (letter == '\'' || letter == '\\') quoted += '\\';
        quoted += letter;
    }
    return quoted + "'";
}

std::string fish_values(const ValueWords& value) {
    switch (value.kind) {
        case Completed::nothing:
            return " -x";
        case Completed::files:
            return " -r -F";
        case Completed::choices:
            return " -x -a " + fish_quoted(fmt::format("{}", fmt::join(value.choices, " ")));
        case Completed::runs:
            return " -x -a '(__elytractl_runs)'";
        case Completed::releases:
            return " -x -a '(__elytractl_releases)'";
        case Completed::programs:
            return " -r -F -a '(__elytractl_releases | string replace -r \"^\" release:)'";
    }
    return {};
}

std::string fish_flag(const std::string& head, const FlagWords& flag) {
    std::string line = head;
    for (const std::string& name : flag.names) {
        const bool is_long = name.starts_with("--");
        line += fmt::format(" {} {}", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
    }
    if (flag.takes_value) line += fish_values(flag.value);
    return line + " -d " + fish_quoted(flag.description) + "\n";
}

std::string fish_script(std::span<const VerbWords> verbs) {
    std::string script = R"fish(# elytractl completion fish
function __elytractl_runs
    elytractl runs ls 2>/dev/null | awk 'NR > 1 { print $1 }'
end
function __elytractl_releases
    elytractl release ls 2>/dev/null | awk '{ print $1 }'
end
# The words of the line that are no flags begin with these.
function __elytractl_verb
    set -l words (commandline -opc | string match -v -- '-*')
    set -l wanted $argv
    test (count $words) -ge (math (count $wanted) + 1); or return 1
    for index in (seq (count $wanted))
        test "$words[(math $index + 1)]" = "$wanted[$index]"; or return 1
    end
end
complete -c elytractl -f
)fish";
    for (const VerbWords& verb : verbs) {
        const std::string head =
            verb.path.empty()
                ? "complete -c elytractl -n __fish_use_subcommand"
                : fmt::format("complete -c elytractl -n '__elytractl_verb {}'", verb.path);
        for (const std::string& word : verb.verbs) script += fmt::format("{} -a {}\n", head, word);
        for (const FlagWords& flag : verb.flags) script += fish_flag(head, flag);
        for (const ValueWords& value : verb.positionals) {
            if (value.kind == Completed::nothing) continue;
            std::string offered = fish_values(value);
            if (offered.starts_with(" -r")) offered.erase(0, 3);
            if (offered.starts_with(" -x")) offered.erase(0, 3);
            script += head + offered + "\n";
        }
    }
    return script;
}

}  // namespace

std::string completion_script(Shell shell, std::span<const VerbWords> verbs) {
    switch (shell) {
        case Shell::bash:
            return bash_script(verbs);
        case Shell::zsh:  // which understands completions of bash when it is told to
            return "#compdef elytractl\nautoload -U +X bashcompinit && bashcompinit\n" +
                   bash_script(verbs);
        case Shell::fish:
            return fish_script(verbs);
    }
    return {};
}

}  // namespace elytractl::cli
