#include "bench/load/closed_supply.hpp"

#include "server/common/assert.hpp"

namespace elytra::bench {

void ClosedSupply::take(Batch& batch) {
    ELYTRA_ASSERT(batch.empty());
    while (queries_.empty() || !batch.empty()) {
        const Unit unit = make_unit(stream_, unit_next_);
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
