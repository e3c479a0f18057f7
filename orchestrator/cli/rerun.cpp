#include "orchestrator/cli/rerun.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/console.hpp"
#include "orchestrator/plan/plan_report.hpp"
#include "orchestrator/records/atomic_file.hpp"
#include "orchestrator/records/run_index.hpp"
#include "orchestrator/report/json_read.hpp"
#include "orchestrator/spec/check.hpp"
#include "orchestrator/spec/effective.hpp"
#include "orchestrator/spec/load_bench_spec.hpp"

namespace elytractl::cli {
namespace {

using elytra::Result;
using elytra::Unexpected;
using nlohmann::json;
using report::RunKind;
using spec::BenchSpec;
using spec::Document;
using spec::Json;

constexpr std::string_view request_schema = "elytractl-request/1";
constexpr std::size_t file_size_max = std::size_t{16} << 20;
constexpr std::array<RunKind, 4> kinds{RunKind::bench, RunKind::compare, RunKind::sweep,
                                       RunKind::null};

// What was asked for, as far as it can be read.
struct Request {
    RunKind kind = RunKind::bench;
    json file;                         // as it is
    std::vector<Document> documents;   // of each subject
    std::vector<std::string> digests;  // of their programs
};

Unexpected<RerunError> usage(std::string text) {
    return Unexpected(RerunError{.code = ExitCode::usage, .text = std::move(text)});
}

std::string absolute(const std::string& path) {
    std::error_code error;
    return std::filesystem::absolute(path, error).string();
}

// All problems of the document in one text.
std::string text_of_problems(const spec::Problems& problems) {
    std::string text;
    for (const spec::Problem& problem : problems) {
        text += (text.empty() ? "" : "; ") + spec::to_text(problem);
    }
    return text;
}

Result<Document, std::string> document_of(const Json& value, const std::string& path) {
    auto document = spec::read_document(value.dump(), path);
    if (!document.has_value()) return Unexpected(text_of_problems(document.error()));
    const spec::Problems problems = spec::check(*document, spec::Extent::whole);
    if (!problems.empty()) return Unexpected(text_of_problems(problems));
    return std::move(*document);
}

Result<Request, RerunError> read_request(const std::string& folder) {
    const std::string path = fmt::format("{}/{}", folder, request_file_name);
    const auto text = records::read_file(path, file_size_max);
    if (!text.has_value()) {
        return usage(
            fmt::format("{}: cannot be read; without it nobody knows what the run was "
                        "asked for",
                        path));
    }
    Request request{
        .kind = {}, .file = json::parse(*text, nullptr, false), .documents = {}, .digests = {}};
    const auto kind =
        std::ranges::find(kinds, report::text_of(request.file, "kind"), report::kind_name);
    if (report::text_of(request.file, "schema") != request_schema || kind == kinds.end()) {
        return usage(fmt::format("{}: is not a request of schema {}", path, request_schema));
    }
    request.kind = *kind;
    // The order of the keys of a document says in which order a matrix is measured.
    const Json ordered = Json::parse(*text, nullptr, false);
    for (const Json& value : ordered.value("documents", Json::array())) {
        auto document = document_of(value, path);
        if (!document.has_value()) return usage(document.error());
        request.documents.push_back(std::move(*document));
    }
    for (const json& program : report::list_of(request.file, "programs")) {
        request.digests.push_back(report::text_of(program, "sha256"));
    }
    const std::size_t subjects = request.kind == RunKind::compare ? 2 : 1;
    if (request.documents.size() != subjects || request.digests.size() != subjects) {
        return usage(fmt::format("{}: must have {} documents and programs", path, subjects));
    }
    return request;
}

Result<std::vector<BenchSpec>, std::string> build_specs(const std::vector<Document>& documents) {
    std::vector<BenchSpec> specs;
    for (const Document& document : documents) {
        auto spec = spec::build_bench_spec(document);
        if (!spec.has_value()) return Unexpected(text_of_problems(spec.error()));
        specs.push_back(std::move(*spec));
    }
    return specs;
}

std::optional<std::uint64_t> whole_of(const json& object, std::string_view key) {
    const json& value = report::part_of(object, key);
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

plan::CompareOptions compare_options(const Request& request) {
    const std::uint64_t pairs = whole_of(request.file, "pairs").value_or(1);
    return {
        .pairs = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(pairs, 1, plan::pairs_max)),
        .seed = whole_of(request.file, "order_seed").value_or(0)};
}

Result<plan::Plan, std::string> build_plan(const Request& request,
                                           const std::vector<BenchSpec>& specs) {
    switch (request.kind) {
        case RunKind::bench:
        case RunKind::null:
            return plan::build_bench_plan(specs.front());
        case RunKind::compare:
            return plan::build_compare_plan(specs[0], specs[1], compare_options(request));
        case RunKind::sweep:
            return plan::build_sweep_plan(specs.front(), {});
    }
    return Unexpected(std::string("there is no such kind of run"));
}

// Whether the plan that this version makes is the one in the folder.
std::optional<std::string> other_plan(const Request& request, const std::string& folder) {
    const auto specs = build_specs(request.documents);
    if (!specs.has_value()) return specs.error();
    const auto plan = build_plan(request, *specs);
    if (!plan.has_value()) return plan.error();
    const auto text = records::read_file(folder + "/plan.json", file_size_max);
    if (!text.has_value()) return folder + "/plan.json cannot be read";
    if (json::parse(*text, nullptr, false) == json(plan::plan_json(*plan))) return std::nullopt;
    return "this version of elytractl would measure something else; its plan is not that of the "
           "run";
}

void set(Document& document, std::string_view pointer, const std::string& text) {
    const spec::Place place{.kind = spec::PlaceKind::flag, .name = "--rerun"};
    spec::merge(document, spec::single_value(pointer, text, place));
}

// What stands in the documents relative to where the command was given then.
void place(Request& request, const RerunOptions& options) {
    const std::filesystem::path directory = report::text_of(request.file, "directory");
    const json& programs = report::list_of(request.file, "programs");
    for (std::size_t at = 0; at < request.documents.size(); ++at) {
        Document& document = request.documents[at];
        const std::string data = spec::Effective(document).text("/cluster/dir");
        set(document, "/cluster/dir", (directory / data).lexically_normal().string());
        set(document, "/report/dir", options.directory);
        if (request.kind == RunKind::null) continue;
        const std::string release = report::text_of(programs[at], "release");
        const std::string then =
            release.empty() ? report::text_of(programs[at], "path") : "release:" + release;
        set(document, "/cluster/binary", options.binary.empty() ? then : options.binary);
    }
}

}  // namespace

nlohmann::ordered_json request_json(const BenchRequest& request,
                                    std::span<const report::Subject> subjects) {
    Json programs = Json::array();
    for (const report::Subject& subject : subjects) {
        programs.push_back({{"path", absolute(subject.path)},
                            {"release", subject.release},
                            {"sha256", subject.sha256},
                            {"settings", subject.settings}});
    }
    const Json documents =
        request.documents.empty() ? Json::array({request.spec.document}) : Json(request.documents);
    Json file{{"schema", request_schema},
              {"kind", report::kind_name(request.kind)},
              {"directory", absolute(".")},
              {"documents", documents},
              {"programs", std::move(programs)}};
    if (request.kind == RunKind::compare) {
        file["pairs"] = request.compare_options.pairs;
        file["order_seed"] = request.compare_options.seed;
        file["until_decided"] = request.until_decided;
    }
    if (request.p99_max_microseconds) file["p99_max_us"] = *request.p99_max_microseconds;
    return file;
}

Result<BenchRequest, RerunError> rerun_request(const RerunOptions& options) {
    auto index = records::RunIndex::open(options.directory);
    if (!index.has_value()) return usage(index.error());
    const auto id = index->find(options.run);
    if (!id) {
        return usage(
            fmt::format("--rerun ({}): there is no such run in {}; elytractl runs ls "
                        "shows them",
                        options.run, options.directory));
    }
    const std::string folder = fmt::format("{}/{}", options.directory, *id);
    auto request = read_request(folder);
    if (!request.has_value()) return Unexpected(request.error());
    if (!options.binary.empty() &&
        (request->documents.size() > 1 || request->kind == RunKind::null)) {
        return usage(fmt::format("--binary names one server, and {} did not measure one", *id));
    }
    if (const auto reason = other_plan(*request, folder); reason.has_value()) {
        return usage(fmt::format("{} cannot be measured again: {}", *id, *reason));
    }
    place(*request, options);
    auto specs = build_specs(request->documents);
    if (!specs.has_value()) return usage(specs.error());
    auto plan = build_plan(*request, *specs);
    if (!plan.has_value()) return usage(plan.error());
    BenchRequest again{.kind = request->kind,
                       .plan = std::move(*plan),
                       .spec = specs->front(),
                       .p99_max_microseconds = report::number_of(request->file, "p99_max_us"),
                       .until_decided = report::flag_of(request->file, "until_decided"),
                       .documents = {},
                       .compare_options = compare_options(*request),
                       .rerun_of = *id,
                       .digests = {}};
    for (const json& program : report::list_of(request->file, "programs")) {
        again.settings.push_back(report::texts_of(program, "settings"));
    }
    if (options.binary.empty()) again.digests = request->digests;
    for (const BenchSpec& spec : *specs) again.documents.push_back(spec.document);
    return again;
}

}  // namespace elytractl::cli
