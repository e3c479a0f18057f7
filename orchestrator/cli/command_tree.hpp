#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace elytractl::cli {

// What a shell can offer for a value.
enum class Completed : std::uint8_t {
    nothing,  // a number, a name of somebody's own
    files,
    choices,
    runs,
    releases,
    programs,  // files, and releases as release:NAME
};

struct ValueWords {
    Completed kind = Completed::nothing;
    std::vector<std::string> choices = {};
};

struct FlagWords {
    std::vector<std::string> names;  // "-n", "--replicas"
    std::string description;
    bool takes_value = false;
    ValueWords value;
};

// A verb, or the program itself.
struct VerbWords {
    std::string path;  // "runs gc"; empty: the program
    std::string description;
    std::vector<std::string> verbs;  // the last words of those below it
    std::vector<FlagWords> flags;
    std::vector<ValueWords> positionals;
};

// All verbs that help shows, as they were declared.
std::vector<VerbWords> command_tree(const CLI::App& app);

}  // namespace elytractl::cli
