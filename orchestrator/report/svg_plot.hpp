#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/quantities/quantity.hpp"

namespace elytractl::report {

struct PlotPoint {
    double x = 0;
    double y = 0;
};

enum class AxisKind : std::uint8_t { linear, logarithmic };

struct Tick {
    double at = 0;
    std::string text;
};

// One axis of a plot. Requires: low < high, and 0 < low where logarithmic.
struct PlotAxis {
    double low = 0;
    double high = 1;
    AxisKind kind = AxisKind::linear;
    std::vector<Tick> ticks{};
    std::string name{};  // with its unit: "ms"

    // 0 at the low end, 1 at the high end. What lies outside gets its place outside, and is cut off
    // by the drawing; on a logarithmic axis nothing lies below the low end.
    double position(double value) const;
};

// From 0 to a round number above `high`, about `count` ticks, in a unit that keeps them short.
PlotAxis axis_from_zero(quantities::Unit unit, double high, std::size_t count);

// Round numbers around values that do not start from zero: for dots, whose place alone counts. At
// least five percent wide to both sides, so that what is nearly equal looks so.
PlotAxis axis_around(quantities::Unit unit, double low, double high, std::size_t count);

// Seconds from `begin` to `end`.
PlotAxis axis_of_seconds(double begin, double end);

// A drawing that stretches to any width: the lines are SVG, the words are text around it that keeps
// its size. Classes of style.css give the colours, so that light, dark and print differ there
// alone.
class SvgPlot {
public:
    SvgPlot(PlotAxis x, PlotAxis y);

    // Points that are not numbers break the line.
    void line(std::span<const PlotPoint> points, std::string_view css_class);

    // The area between two lines of equal length.
    void band(std::span<const PlotPoint> low, std::span<const PlotPoint> high,
              std::string_view css_class);

    void dot(PlotPoint point, std::string_view css_class, std::string_view title);

    // A horizontal bar.
    void bar(double x_begin, double x_end, double y, std::string_view css_class);

    // The whole height, or the whole width, at a value.
    void vertical(double x, std::string_view css_class, std::string_view title);
    void horizontal(double y, std::string_view css_class, std::string_view title);

    // The whole height between two values.
    void shade(double x_begin, double x_end, std::string_view css_class, std::string_view title);

    // `label` says in words what the drawing shows, for those who do not see it.
    std::string html(std::string_view label) const;

private:
    std::string grid() const;
    std::string axis_words() const;
    std::string path(std::span<const PlotPoint> points) const;
    double left(double x) const;
    double top(double y) const;

    PlotAxis x_;
    PlotAxis y_;
    std::string shapes_;
};

// A line of a legend: the class of its colour and its words.
struct LegendEntry {
    std::string_view css_class;
    std::string text;
};

// <figure> with a title, the legend and the plot.
std::string html_figure(std::string_view title, std::span<const LegendEntry> legend,
                        std::string_view plot);

}  // namespace elytractl::report
