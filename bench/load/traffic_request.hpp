#pragma once

#include <cstdint>
#include <vector>

#include "bench/load/batch.hpp"
#include "bench/workload/mixed_stream.hpp"
#include "server/wire/message.hpp"
#include "server/wire/objects.hpp"
#include "server/wire/operation.hpp"

namespace elytra::bench {

enum class Audited : bool { no, yes };

// A batch as the bytes of a request, with what its answer has to be.
struct TrafficRequest {
    Batch batch;
    std::vector<ExpectedEvent> expected;  // of a batch that is audited
    wire::AccountFilter filter;           // of a query
    wire::MessageRef message;

    wire::Operation operation() const {
        return batch.is_query() ? wire::Operation::get_account_transfers
                                : wire::Operation::create_transfers;
    }
};

// Writes the units of the batch into the message, and prepares it so that nothing but the header
// is left to do. Requires: a batch that is not empty, room for it in the message.
void write_request(const MixedStream& stream, TrafficRequest& request, Audited audited);

}  // namespace elytra::bench
