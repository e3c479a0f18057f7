#include "orchestrator/spec/start_file.hpp"

namespace elytractl::spec {

std::string_view start_file() {
    return R"({
  "$schema": "elytractl/1",
  "kind": "bench",
  "name": "first",
  "cluster": {
    "replicas": 1,
    "binary": "elytra",
    "start": { "cache_grid": "1GiB" }
  },
  "load": {
    "clients": 4,
    "batch_max": 8189,
    "accounts": 10000,
    "distribution": "zipfian",
    "seed": 42,
    "arrival": { "process": "poisson", "rate": "auto", "steps": ["50%", "70%", "90%"] }
  },
  "measure": {
    "warmup": { "until": "steady", "min": "2s", "max": "20s" },
    "duration": "10s",
    "repeat": 5
  },
  "thresholds": [
    { "metric": "load.late_fraction", "max": "0.1%", "on_fail": "invalid" }
  ],
  "report": { "dir": "runs", "formats": ["text", "json", "hdr", "html"] }
}
)";
}

}  // namespace elytractl::spec
