#include "orchestrator/spec/load_bench_spec.hpp"

#include <utility>

#include "orchestrator/spec/build_cell.hpp"
#include "orchestrator/spec/choices.hpp"
#include "orchestrator/spec/effective.hpp"
#include "orchestrator/spec/matrix.hpp"
#include "orchestrator/spec/read_thresholds.hpp"

namespace elytractl::spec {

using elytra::Result;

Result<BenchSpec, Problems> build_bench_spec(const Document& document) {
    const auto cells = expand_matrix(document);
    if (!cells.has_value()) return elytra::Unexpected(cells.error());
    const Effective values(document);
    Problems problems;
    BenchSpec spec{
        .name = values.text("/name"),
        .cells = {},
        .thresholds = {},
        .report = {.directory = values.text("/report/dir"),
                   .formats = values.value("/report/formats").get<std::vector<std::string>>(),
                   .bundle_on_failure = values.text("/report/bundle") == bundle_names.front()},
        .document = document.value,
        .identity = identity_text(values)};
    for (const CellDocument& cell : *cells) spec.cells.push_back(build_cell(cell, problems));
    spec.thresholds = read_thresholds(document, spec.cells, problems);
    if (!problems.empty()) return elytra::Unexpected(sorted(std::move(problems)));
    return spec;
}

Result<BenchSpec, Problems> load_bench_spec(const Layers& layers) {
    const auto document = load_document(layers);
    if (!document.has_value()) return elytra::Unexpected(document.error());
    return build_bench_spec(*document);
}

}  // namespace elytractl::spec
