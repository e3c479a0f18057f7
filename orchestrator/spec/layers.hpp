#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/spec/document.hpp"
#include "orchestrator/spec/problem.hpp"
#include "server/common/result.hpp"

namespace elytractl::spec {

// Variables by name. Only those that begin with ELYTRACTL_ are looked at.
using Environment = std::map<std::string, std::string>;

// A value of the command line.
struct Override {
    std::string flag;     // as given, for messages: "--clients", "--set"
    std::string pointer;  // of the key that it sets
    std::string text;
};

// A flag that stands for a key: `--clients=4` is `--set /load/clients=4`.
struct NamedFlag {
    std::string_view flags;  // as CLI11 declares them: "-n,--replicas"
    std::string_view pointer;
    std::string_view text;  // of a flag without a value: what it sets; otherwise empty
};

std::span<const NamedFlag> named_flags();

// What a run shall be made of; later ones win.
struct Layers {
    std::vector<std::string> files = {};
    Environment environment = {};
    std::vector<Override> overrides = {};  // of named flags
    std::vector<std::string> sets = {};    // of --set: "/load/clients=4"
};

// All layers in one document that fits the table of keys, or everything that is wrong in any of
// them. Defaults are not filled in.
elytra::Result<Document, Problems> load_document(const Layers& layers);

}  // namespace elytractl::spec
