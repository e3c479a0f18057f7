#include "tests/sim/reference.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "server/engine/catalog.hpp"
#include "server/vsr/session_segments.hpp"
#include "server/wire/checksum.hpp"
#include "server/wire/operation.hpp"
#include "tests/sim/violation.hpp"

namespace elytra::sim {
namespace {

bool is_of_sessions(std::uint32_t segment) {
    return segment >= vsr::segment_sessions && segment < engine::segments::numbered_first;
}

// Of everything that the engine has in the checkpoint, without where it is.
u128 digest_of(const storage::Manifest& manifest) {
    std::vector<u128> content;
    auto chunk = manifest.chunks.begin();
    for (const storage::SegmentDescriptor& segment : manifest.segments) {
        const auto end = chunk + segment.chunk_count;
        if (!is_of_sessions(segment.id)) {
            content.push_back(segment.id);
            content.push_back(segment.chunk_count);
            for (auto next = chunk; next != end; ++next) {
                content.push_back(next->size);
                content.push_back(next->checksum);
            }
        }
        chunk = end;
    }
    return wire::checksum(std::as_bytes(std::span(content)));
}

}  // namespace

Reference::Reference(const Limits& limits)
    : engine_({.limits = limits, .request_body_max = limits.request_size_max - wire::header_size}) {
}

void Reference::check(const storage::Manifest& checkpoint) {
    const Op op = checkpoint.op;
    if (op > op_) {
        while (op_ < op) {
            require(!ops_.empty(), "R39: a checkpoint of an op that was never written");
            execute(ops_.front());
            ops_.pop_front();
        }
        engine_.cut();
        digests_[op.value] = digest_of(engine_.page_store().newest());
    }
    const auto expected = digests_.find(op.value);
    require(expected != digests_.end(), "S5: a checkpoint that has not been the newest one");
    require(digest_of(checkpoint) == expected->second,
            "S13, S14: a checkpoint differs from that of a run without crashes");
}

void Reference::execute(const LoggedOp& logged) {
    op_ = Op{logged.header.op};
    const auto operation = wire::to_operation(logged.header.operation);
    require(operation.has_value(), "K1: a logged operation is known");
    if (*operation == wire::Operation::noop) return;
    if (*operation == wire::Operation::register_session) return;
    engine_.execute(*operation, logged.header.timestamp, logged.body);
}

}  // namespace elytra::sim
