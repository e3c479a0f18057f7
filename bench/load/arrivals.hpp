#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bench/load/sine_rate.hpp"
#include "bench/load/traffic_options.hpp"
#include "bench/workload/exponential.hpp"
#include "server/common/int.hpp"
#include "server/common/prng.hpp"

namespace elytra::bench {

// The intended times of events: a function of options, seed and the generator's place among those
// that share the schedule. Time is measured in expected events first, where every process is
// simple: one event a unit, or exponential gaps of mean one. The stretches then say when so many
// events have been expected.
//
// Of n generators, the one at place t takes every n-th event of a constant process, beginning with
// event t, so that all together follow the schedule exactly. Of a Poisson process each draws its
// own with an n-th of the rate, from a seed derived from t: their sum is the process asked for.
// Where schedules follow one another in steps, each step draws from a seed of its own.
class Arrivals {
public:
    struct Share {
        std::uint32_t index = 0;
        std::uint32_t count = 1;
        std::uint32_t step = 0;
    };

    // Requires: validate() has accepted the options; the model is open.
    Arrivals(const ArrivalOptions& options, std::uint64_t seed, Share share);

    // When the next event is intended, in nanoseconds since the schedule began. Never earlier than
    // the one before.
    std::uint64_t next();

private:
    using Expected = SineRate::Expected;

    static constexpr int unit_bits = SineRate::unit_bits;

    void begin_stretch(std::size_t index);
    Expected gap();
    std::uint64_t time_within(Expected expected) const;

    std::vector<RateStretch> stretches_;
    ArrivalProcess process_;
    std::uint32_t generators_;
    Exponential gaps_;
    Prng prng_;

    Expected position_ = 0;  // of the next event, since the stretch began
    std::size_t stretch_ = 0;
    std::optional<SineRate> sine_;     // of a stretch that has an amplitude
    Expected stretch_expected_ = 0;    // in all of the stretch
    std::uint64_t stretch_begin_ = 0;  // nanoseconds, as is the next
    std::uint64_t last_ = 0;
};

}  // namespace elytra::bench
