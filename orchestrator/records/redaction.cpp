#include "orchestrator/records/redaction.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <nlohmann/json.hpp>

#include "orchestrator/report/html_text.hpp"

namespace elytractl::records {
namespace {

using nlohmann::json;

// Shorter ones stand in too many other words, and nobody keeps a secret in them.
constexpr std::size_t secret_size_min = 4;
constexpr std::string_view secret_mark = "<secret>";
constexpr std::string_view home_mark = "<home>";
constexpr std::string_view host_mark = "<host>";

bool is_name_letter(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '-';
}

// A secret as it is, and as JSON and HTML write it.
void add_secret(Redaction& redaction, const std::string& value) {
    if (value.size() < secret_size_min) return;
    const std::string quoted = json(value).dump(-1, ' ', false, json::error_handler_t::replace);
    for (const std::string& form :
         {value, quoted.substr(1, quoted.size() - 2), report::escaped(value)}) {
        auto& secrets = redaction.secrets;
        if (std::ranges::find(secrets, form) == secrets.end()) secrets.push_back(form);
    }
    // One that contains another goes first.
    std::ranges::stable_sort(redaction.secrets, std::greater{}, &std::string::size);
}

void add_secrets_of_arguments(Redaction& redaction, const json& arguments) {
    std::string name;  // of the flag before, where its value may be the next argument
    for (const json& argument : arguments) {
        if (!argument.is_string()) continue;
        const auto& word = argument.get_ref<const std::string&>();
        const std::size_t equals = word.find('=');
        if (equals != word.npos) {
            if (is_secret_name(word.substr(0, equals))) {
                add_secret(redaction, word.substr(equals + 1));
            }
        } else if (!name.empty() && !word.starts_with('-')) {
            add_secret(redaction, word);
        }
        name = equals == word.npos && word.starts_with("--") && is_secret_name(word) ? word : "";
    }
}

template <class IsWhole>
std::uint64_t replace_all(std::string& text, std::string_view wanted, std::string_view mark,
                          IsWhole is_whole) {
    std::uint64_t count = 0;
    std::string replaced;
    std::size_t begin = 0;
    for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at)) {
        const std::size_t end = at + wanted.size();
        if (is_whole(at, end)) {
            replaced.append(text, begin, at - begin).append(mark);
            begin = end;
            ++count;
        }
        at = end;
    }
    if (count > 0) text = replaced.append(text, begin);
    return count;
}

std::uint64_t replace_names(std::string& text, const std::string& name, std::string_view mark) {
    if (name.empty()) return 0;
    const auto is_whole = [&text](std::size_t begin, std::size_t end) {
        return (begin == 0 || !is_name_letter(text[begin - 1])) &&
               (end == text.size() || !is_name_letter(text[end]));
    };
    return replace_all(text, name, mark, is_whole);
}

// Of "API_TOKEN=x" the x, which ends at a blank or a mark.
std::uint64_t replace_assignments(std::string& text) {
    constexpr std::string_view ends = " \t\r\n\"'`,;<>()[]{}\\";
    std::uint64_t count = 0;
    for (std::size_t at = text.find('='); at != text.npos; at = text.find('=', at + 1)) {
        std::size_t begin = at;
        while (begin > 0 && is_name_letter(text[begin - 1])) --begin;
        const std::size_t end = std::min(text.find_first_of(ends, at + 1), text.size());
        if (end == at + 1 || !is_secret_name({text.data() + begin, at - begin})) continue;
        text.replace(at + 1, end - at - 1, secret_mark);
        ++count;
    }
    return count;
}

}  // namespace

RedactionCounts& RedactionCounts::operator+=(const RedactionCounts& other) {
    secrets += other.secrets;
    homes += other.homes;
    hosts += other.hosts;
    return *this;
}

bool is_secret_name(std::string_view name) {
    constexpr std::array<std::string_view, 5> words{"KEY", "TOKEN", "SECRET", "PASSWORD",
                                                    "CREDENTIAL"};
    std::string upper(name);
    for (char& letter : upper) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return std::ranges::any_of(
        words, [&upper](std::string_view word) { return upper.find(word) != upper.npos; });
}

Redaction redaction_of(const std::map<std::string, std::string>& environment, std::string host) {
    Redaction redaction{.secrets = {}, .home = {}, .host = std::move(host), .assignments = true};
    for (const auto& [name, value] : environment) {
        if (is_secret_name(name)) add_secret(redaction, value);
    }
    const auto home = environment.find("HOME");
    if (home != environment.end() && home->second != "/") redaction.home = home->second;
    while (redaction.home.ends_with('/')) redaction.home.pop_back();
    if (redaction.host == "localhost") redaction.host.clear();
    return redaction;
}

void add_secrets(Redaction& redaction, const json& value) {
    if (value.is_array()) add_secrets_of_arguments(redaction, value);
    if (!value.is_structured()) return;
    for (const auto& [name, member] : value.items()) {
        if (value.is_object() && member.is_string() && is_secret_name(name)) {
            add_secret(redaction, member.get<std::string>());
        }
        add_secrets(redaction, member);
    }
}

std::string redact(const Redaction& redaction, std::string text, RedactionCounts& counts) {
    for (const std::string& secret : redaction.secrets) {
        counts.secrets +=
            replace_all(text, secret, secret_mark, [](std::size_t, std::size_t) { return true; });
    }
    if (redaction.assignments) counts.secrets += replace_assignments(text);
    counts.homes += replace_names(text, redaction.home, home_mark);
    counts.hosts += replace_names(text, redaction.host, host_mark);
    return text;
}

}  // namespace elytractl::records
