#include "orchestrator/run/cut_series.hpp"

#include <algorithm>
#include <vector>

namespace elytractl::run {
namespace {

// What comes after the end and is kept all the same.
enum class Beyond : std::uint8_t { nothing, first };

template <class Moment>
void cut(std::vector<Moment>& moments, const TimeSpan& span, Beyond beyond) {
    const auto begin =
        std::ranges::lower_bound(moments, span.begin_nanoseconds, {}, &Moment::at_nanoseconds);
    auto end = std::ranges::upper_bound(begin, moments.end(), span.end_nanoseconds, {},
                                        &Moment::at_nanoseconds);
    if (beyond == Beyond::first && end != moments.end()) ++end;
    std::vector<Moment> kept(begin, end);
    for (Moment& moment : kept) moment.at_nanoseconds -= span.begin_nanoseconds;
    moments = std::move(kept);
}

}  // namespace

void cut_series(MeasurementOutcome& outcome, const TimeSpan& span) {
    for (MemberOutcome& member : outcome.members) cut(member.samples, span, Beyond::first);
    cut(outcome.host, span, Beyond::first);
    cut(outcome.marks, span, Beyond::nothing);
}

}  // namespace elytractl::run
