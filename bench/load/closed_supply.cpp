#include "bench/load/closed_supply.hpp"

#include "server/common/assert.hpp"

namespace elytra::bench {

void ClosedSupply::take(Batch& batch) {
    ELYTRA_ASSERT(batch.empty());
    while (queries_.empty() || !batch.empty()) {
        const Unit unit{.index = unit_next_,
                        .intended = {},
                        .events = stream_.event_count(unit_next_),
                        .kind = stream_.kind(unit_next_)};
        if (unit.kind == UnitKind::query) {
            if (queries_.size() == batch_max_) return;
            queries_.push_back(unit);
        } else {
            if (batch.events + unit.events > batch_max_) return;
            batch.add(unit);
        }
        ++unit_next_;
    }
    batch.add(queries_.front());
    queries_.pop_front();
}

}  // namespace elytra::bench
