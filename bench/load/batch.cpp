#include "bench/load/batch.hpp"

namespace elytra::bench {

Unit make_unit(const MixedStream& stream, std::uint64_t index) {
    const UnitKind kind = stream.kind(index);
    const bool single = kind == UnitKind::plain || kind == UnitKind::query;
    return {.index = index,
            .intended = {},
            .events = single ? 1 : stream.event_count(index),
            .kind = kind};
}

}  // namespace elytra::bench
