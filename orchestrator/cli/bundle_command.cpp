#include "orchestrator/cli/bundle_command.hpp"

#include <map>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>
#include <unistd.h>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/records/bundle.hpp"
#include "orchestrator/records/run_files.hpp"

namespace elytractl::cli {
namespace {

using nlohmann::json;

constexpr std::uint64_t failed_size_max = std::uint64_t{16} << 20;  // before compression

json bundle_json(const std::string& run, const std::string& path,
                 const std::vector<records::BundlePart>& parts,
                 const records::RedactionCounts& counts) {
    json list = json::array();
    for (const records::BundlePart& part : parts) {
        list.push_back({{"name", part.name},
                        {"size", part.size},
                        {"packed", part.kept()},
                        {"first", part.first},
                        {"last", part.last}});
    }
    return {{"run", run},
            {"path", path},
            {"files", std::move(list)},
            {"redacted",
             {{"secrets", counts.secrets}, {"home", counts.homes}, {"host", counts.hosts}}}};
}

std::string bundle_text(const json& bundle) {
    std::string text = fmt::format("{}: {} files in {}\n", bundle["run"].get<std::string>(),
                                   bundle["files"].size(), bundle["path"].get<std::string>());
    for (const json& file : bundle["files"]) {
        if (file["packed"] == file["size"]) continue;
        const bool none = file["packed"] == 0;
        text += fmt::format(
            "  {}: {} of {} bytes\n", file["name"].get<std::string>(),
            none ? "left out, none"
                 : fmt::format("the first {} and the last {}", file["first"].get<std::uint64_t>(),
                               file["last"].get<std::uint64_t>()),
            file["size"].get<std::uint64_t>());
    }
    const json& counts = bundle["redacted"];
    return text + fmt::format(
                      "  redacted: {} times a secret, {} times the home directory, {} "
                      "times the name of the machine\n",
                      counts["secrets"].get<std::uint64_t>(), counts["home"].get<std::uint64_t>(),
                      counts["host"].get<std::uint64_t>());
}

std::map<std::string, std::string> all_variables() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        const std::size_t equals = variable.find('=');
        if (equals == variable.npos) continue;
        variables.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    return variables;
}

}  // namespace

records::Redaction redaction_here() {
    utsname names{};
    return records::redaction_of(all_variables(), ::uname(&names) == 0 ? names.nodename : "");
}

void bundle_failed_run(const std::string& folder) {
    const std::string path = fmt::format("{}/{}", folder, records::bundle_file_name);
    const auto content = records::list_run(folder);
    if (!content.has_value()) return print_warning(content.error());
    const auto written =
        records::write_bundle(path, folder, records::plan_bundle(*content, failed_size_max),
                              records::with_secrets_of_run(redaction_here(), folder));
    if (!written.has_value()) return print_warning(written.error());
    fmt::print(stderr, "diagnostics for somebody else to look at: {}\n", path);
}

BundleVerb::BundleVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("bundle", "Packs the folder of a run, without data files");
    command->add_option("run", run_, "A run; the youngest by default");
    command->add_option("-o,--output", output_, "The archive, by default ID.tar.zst");
    command->add_option("--size-max", size_max_, "Bytes to pack at most, before compression: 64MiB")
        ->transform(CLI::AsSizeValue(false));
    command->add_flag("--no-redact", no_redact_,
                      "Leave secrets, the home directory and the name of the machine as they are");
    declare_records(*command, records_);
    command->callback([this, &chosen] { chosen = [this] { return run(); }; });
}

ExitCode BundleVerb::run() {
    auto index = open_index(records_);
    if (!index) return ExitCode::unclassified;
    const auto found = load_run(*index, run_);
    if (!found) return ExitCode::usage;
    const auto content = records::list_run(found->folder);
    if (!content.has_value()) return refuse(content.error(), ExitCode::unclassified);
    for (const std::string& name : content->foreign) {
        print_warning(fmt::format("{}/{} is left out: no run writes it", found->folder, name));
    }
    const std::string path = output_.empty() ? found->id + ".tar.zst" : output_;
    const std::vector<records::BundlePart> parts = records::plan_bundle(*content, size_max_);
    const records::Redaction redaction =
        no_redact_ ? records::Redaction{}
                   : records::with_secrets_of_run(redaction_here(), found->folder);
    const auto written = records::write_bundle(path, found->folder, parts, redaction);
    if (!written.has_value()) return refuse(written.error(), ExitCode::unclassified);
    const json bundle = bundle_json(found->id, path, parts, *written);
    return print_record(records_, bundle, bundle_text(bundle));
}

}  // namespace elytractl::cli
