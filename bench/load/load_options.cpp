#include "bench/load/load_options.hpp"

#include <string_view>

#include <fmt/format.h>

#include "bench/workload/key_distribution.hpp"
#include "server/wire/body.hpp"
#include "server/wire/header.hpp"
#include "server/wire/operation.hpp"

namespace elytra::bench {
namespace {

using Outcome = Result<void, std::string>;

constexpr std::uint32_t clients_max = 64;  // sessions of a cluster
constexpr std::uint64_t transfers_max = std::uint64_t{1} << 48;
constexpr std::uint32_t batch_max =
    wire::events_max(wire::Operation::create_transfers, wire::body_size_max);

static_assert(batch_max == wire::events_max(wire::Operation::create_accounts, wire::body_size_max));

struct Bounded {
    std::string_view flag;
    std::uint64_t value;
    std::uint64_t min;
    std::uint64_t max;
};

Outcome refuse(std::string_view flag, std::string_view reason) {
    return Unexpected(fmt::format("--{}: {}", flag, reason));
}

Outcome check_bounds(const LoadOptions& options) {
    const WorkloadOptions& workload = options.workload;
    const Bounded rows[] = {
        {"account-count", workload.account_count, 2, keys_max},
        {"account-count-hot", workload.account_count_hot, 0, workload.account_count},
        {"account-batch-count", options.account_batch_count, 1, batch_max},
        {"transfer-count", workload.transfer_count, 0, transfers_max},
        {"transfer-hot-percent", workload.transfer_hot_percent, 0, 100},
        {"transfer-batch-count", options.transfer_batch_count, 1, batch_max},
        {"clients", options.clients, 1, clients_max},
    };
    for (const Bounded& row : rows) {
        if (row.value >= row.min && row.value <= row.max) continue;
        return Unexpected(
            fmt::format("--{} ({}): must be {} to {}", row.flag, row.value, row.min, row.max));
    }
    return {};
}

}  // namespace

Outcome validate(const LoadOptions& options) {
    if (const Outcome bounds = check_bounds(options); !bounds.has_value()) return bounds;
    const WorkloadOptions& workload = options.workload;
    if (workload.transfer_hot_percent != 100 && workload.account_count_hot == 0) {
        return refuse("transfer-hot-percent", "there are no hot accounts; add --account-count-hot");
    }
    if (options.validate && workload.id_order == IdOrder::tbid) {
        return refuse("validate",
                      "needs ids that can be repeated; add --id-order=sequential, "
                      "random or reversed");
    }
    if (options.validate && options.clients > 1) {
        return refuse("validate", "works with one client only; leave out --clients");
    }
    if (workload.imported && options.clients > 1) {
        return refuse("imported",
                      "timestamps must ascend, which only one client guarantees; leave out "
                      "--clients");
    }
    return {};
}

}  // namespace elytra::bench
