#include "orchestrator/cli/bundle_command.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/records/bundle.hpp"
#include "orchestrator/records/run_files.hpp"

namespace elytractl::cli {
namespace {

using nlohmann::json;

json bundle_json(const std::string& run, const std::string& path,
                 const std::vector<records::BundlePart>& parts) {
    json list = json::array();
    for (const records::BundlePart& part : parts) {
        list.push_back({{"name", part.name}, {"size", part.size}, {"packed", part.kept}});
    }
    return {{"run", run}, {"path", path}, {"files", std::move(list)}};
}

std::string bundle_text(const json& bundle) {
    std::string text = fmt::format("{}: {} in {}\n", bundle["run"].get<std::string>(),
                                   fmt::format("{} files", bundle["files"].size()),
                                   bundle["path"].get<std::string>());
    for (const json& file : bundle["files"]) {
        if (file["packed"] == file["size"]) continue;
        const auto packed = file["packed"].get<std::uint64_t>();
        text +=
            fmt::format("  {}: {} of {} bytes\n", file["name"].get<std::string>(),
                        packed == 0 ? "left out, none" : fmt::format("only the last {}", packed),
                        file["size"].get<std::uint64_t>());
    }
    return text;
}

}  // namespace

BundleVerb::BundleVerb(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("bundle", "Packs the folder of a run, without data files");
    command->add_option("run", run_, "A run; the youngest by default");
    command->add_option("-o,--output", output_, "The archive, by default ID.tar.zst");
    command->add_option("--size-max", size_max_, "Bytes to pack at most, before compression: 64MiB")
        ->transform(CLI::AsSizeValue(false));
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
    const auto written = records::write_bundle(path, found->folder, parts);
    if (!written.has_value()) return refuse(written.error(), ExitCode::unclassified);
    const json bundle = bundle_json(found->id, path, parts);
    return print_record(records_, bundle, bundle_text(bundle));
}

}  // namespace elytractl::cli
