#include "orchestrator/cli/release_command.hpp"

#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/host/release_store.hpp"
#include "orchestrator/quantities/quantity.hpp"

namespace elytractl::cli {
namespace {

using host::StoreFault;
using nlohmann::json;

constexpr std::size_t hash_shown = 16;
constexpr std::string_view schema = "elytractl-releases/1";

ExitCode exit_code_of(StoreFault fault) {
    switch (fault) {
        case StoreFault::unknown_name:
        case StoreFault::unreadable:
        case StoreFault::not_a_server:
            return ExitCode::usage;
        case StoreFault::name_taken:
            return ExitCode::refused;
        case StoreFault::damaged:
            return ExitCode::check_failed;
        case StoreFault::system:
            return ExitCode::host_unsuitable;
    }
    return ExitCode::unclassified;
}

ExitCode fail(const host::StoreError& error) {
    return refuse(error.text, exit_code_of(error.fault));
}

std::string_view to_text(host::AddOutcome outcome) {
    switch (outcome) {
        case host::AddOutcome::added:
            return "added";
        case host::AddOutcome::known:
            return "known";
        case host::AddOutcome::replaced:
            return "replaced";
    }
    return {};
}

std::string_view to_text(host::BlobState state) {
    switch (state) {
        case host::BlobState::intact:
            return "intact";
        case host::BlobState::missing:
            return "missing";
        case host::BlobState::changed:
            return "changed";
        case host::BlobState::unreadable:
            return "unreadable";
    }
    return {};
}

std::string line_of(const std::string& name, const host::Release& release) {
    return fmt::format("{:<20}  {}  {:>9}  {}", name, release.digest.sha256.substr(0, hash_shown),
                       quantities::bytes_text(release.digest.size), release.version);
}

json json_of(const std::string& name, const host::Release& release) {
    return {{"name", name},
            {"sha256", release.digest.sha256},
            {"size", release.digest.size},
            {"version", release.version}};
}

json document(std::string_view key, json list) {
    return {{"schema", schema}, {key, std::move(list)}};
}

host::ReleaseStore open_store() { return host::ReleaseStore(host::default_release_folder()); }

}  // namespace

ReleaseVerb::ReleaseVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("release", "Keeps server programs by the hash of their bytes");
    command->require_subcommand(1);
    CLI::App* const add = command->add_subcommand("add", "Stores programs under names");
    add->add_option("programs", wishes_, "NAME=PATH")->required();
    add->add_flag("--replace", replace_, "Lets a name that is taken mean other bytes");
    add->callback([this, &chosen] { chosen = [this] { return this->add(); }; });
    CLI::App* const list = command->add_subcommand("ls", "Shows what is stored");
    list->callback([this, &chosen] { chosen = [this] { return this->list(); }; });
    CLI::App* const verify = command->add_subcommand("verify", "Hashes what is stored again");
    verify->add_option("name", name_, "Only this release");
    verify->callback([this, &chosen] { chosen = [this] { return this->verify(); }; });
    for (CLI::App* const verb : {add, list, verify})
        verb->add_flag("--json", json_, "For programs");
}

ExitCode ReleaseVerb::add() const {
    std::vector<host::NamedPath> wishes;
    for (const std::string& text : wishes_) {
        const auto wish = host::parse_named_path(text);
        if (!wish.has_value()) {
            return refuse(
                fmt::format("'{}': expected NAME=PATH; a name has up to {} letters, digits and "
                            ". _ + -, and begins with a letter or a digit",
                            text, host::release_name_size_max),
                ExitCode::usage);
        }
        wishes.push_back(*wish);
    }
    host::ReleaseStore store = open_store();
    const auto added = store.add(wishes, replace_ ? host::Replace::yes : host::Replace::no);
    if (!added.has_value()) return fail(added.error());
    std::string text;
    json list = json::array();
    for (const host::Added& one : *added) {
        text += fmt::format("{:<8}  {}\n", to_text(one.outcome), line_of(one.name, one.release));
        list.push_back(json_of(one.name, one.release));
        list.back()["outcome"] = to_text(one.outcome);
    }
    return json_ ? print_json(document("added", std::move(list))) : print_result(text);
}

ExitCode ReleaseVerb::list() const {
    const auto index = open_store().list();
    if (!index.has_value()) return fail(index.error());
    std::string text;
    json list = json::array();
    for (const auto& [name, release] : *index) {
        text += line_of(name, release) + "\n";
        list.push_back(json_of(name, release));
    }
    return json_ ? print_json(document("releases", std::move(list))) : print_result(text);
}

ExitCode ReleaseVerb::verify() const {
    const auto verified = open_store().verify(name_);
    if (!verified.has_value()) return fail(verified.error());
    std::string text;
    json list = json::array();
    ExitCode code = ExitCode::success;
    for (const host::Verified& one : *verified) {
        const bool intact = one.state == host::BlobState::intact;
        if (!intact) code = ExitCode::check_failed;
        text += fmt::format("{:<10}  {}{}\n", to_text(one.state), line_of(one.name, one.release),
                            intact ? "" : fmt::format("; found: {}; add it again", one.found));
        list.push_back(json_of(one.name, one.release));
        list.back()["state"] = to_text(one.state);
        list.back()["found"] = one.found;
    }
    return json_ ? print_json(document("verified", std::move(list)), code)
                 : print_result(text, code);
}

}  // namespace elytractl::cli
