#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "orchestrator/host/file_digest.hpp"
#include "server/common/result.hpp"

namespace elytractl::host {

// What a name stands for.
struct Release {
    FileDigest digest;
    std::string version;  // the first line of the program's `version`

    friend bool operator==(const Release&, const Release&) = default;
};

// By name, in the order of the names.
using ReleaseIndex = std::map<std::string, Release, std::less<>>;

nlohmann::json to_json(const ReleaseIndex& index);

// The error tells what is wrong with the text, which another program may have written.
elytra::Result<ReleaseIndex, std::string> parse_release_index(std::string_view text);

}  // namespace elytractl::host
