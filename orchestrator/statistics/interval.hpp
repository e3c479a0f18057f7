#pragma once

namespace elytractl::statistics {

// Where the true value lies, in the share `confidence` of all such experiments.
struct Interval {
    double low = 0;
    double high = 0;
    double confidence = 0.95;
};

}  // namespace elytractl::statistics
