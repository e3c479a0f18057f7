#include "bench/driver/usage_json.hpp"

namespace elytra::bench {

nlohmann::json usage_json(const io::ChildUsage& usage) {
    return {{"max_rss_bytes", usage.max_rss_bytes},
            {"user_us", usage.user_microseconds},
            {"system_us", usage.system_microseconds},
            {"minor_faults", usage.minor_faults},
            {"major_faults", usage.major_faults},
            {"blocks_in", usage.blocks_in},
            {"blocks_out", usage.blocks_out},
            {"voluntary_switches", usage.voluntary_switches},
            {"involuntary_switches", usage.involuntary_switches}};
}

}  // namespace elytra::bench
