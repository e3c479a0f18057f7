#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace elytractl::records {

// What is replaced in texts that leave the machine; what is empty is not.
struct Redaction {
    std::vector<std::string> secrets;
    std::string home;  // directory of the user
    std::string host;  // name of the machine
    // Whether values are replaced too that are only seen to be secrets where they stand:
    // "API_TOKEN=x".
    bool assignments = false;
};

// How often something was replaced.
struct RedactionCounts {
    std::uint64_t secrets = 0;
    std::uint64_t homes = 0;
    std::uint64_t hosts = 0;

    RedactionCounts& operator+=(const RedactionCounts& other);
};

// Whether what has this name is nobody else's business: it contains KEY, TOKEN, SECRET, PASSWORD or
// CREDENTIAL, in letters of either size.
bool is_secret_name(std::string_view name);

// From the variables of a process, whose HOME is the directory of the user.
Redaction redaction_of(const std::map<std::string, std::string>& environment, std::string host);

// Adds values that stand anywhere in the JSON under the name of a secret: as members of objects, or
// in lists of arguments as "--token=x", "TOKEN=x" or "--token", "x".
void add_secrets(Redaction& redaction, const nlohmann::json& json);

// The text with <secret>, <home> and <host> in their place. Names of directories and machines count
// only as whole names.
std::string redact(const Redaction& redaction, std::string text, RedactionCounts& counts);

}  // namespace elytractl::records
