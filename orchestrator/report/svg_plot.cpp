#include "orchestrator/report/svg_plot.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "orchestrator/quantities/quantity.hpp"
#include "orchestrator/report/html_text.hpp"

namespace elytractl::report {
namespace {

using quantities::Scale;
using quantities::scale_of;
using quantities::Unit;

constexpr double side = 1000;       // of the drawing's own coordinates
constexpr double value_min = 1e-9;  // what is less is drawn as nothing
constexpr std::size_t ticks_max = 20;
constexpr double reach_min = 0.05;  // of the middle, to both sides

// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `value`.
double round_up_nicely(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 2.5, 5.0}) {
        if (step * power >= value * (1 - 1e-9)) return step * power;
    }
    return 10 * power;
}

// "0", "50", "2.5", "100k"
std::string tick_text(double value) {
    if (std::abs(value) >= 1e6) return fmt::format("{:g}M", value / 1e6);
    if (std::abs(value) >= 1e4) return fmt::format("{:g}k", value / 1e3);
    return fmt::format("{:g}", value);
}

// Once, at the high end.
void name_unit(PlotAxis& axis, Unit unit, const Scale& scale) {
    axis.ticks.back().text += fmt::format("{}{}", unit == Unit::per_second ? "" : " ", scale.name);
}

std::string titled(std::string_view element, std::string_view attributes, std::string_view title) {
    if (title.empty()) return fmt::format("<{} {}/>\n", element, attributes);
    return fmt::format("<{0} {1}><title>{2}</title></{0}>\n", element, attributes, escaped(title));
}

}  // namespace

double PlotAxis::position(double value) const {
    if (kind == AxisKind::linear) return (value - low) / (high - low);
    return std::log(std::max(value, low) / low) / std::log(high / low);
}

PlotAxis axis_from_zero(Unit unit, double high, std::size_t count) {
    if (!(high > value_min)) high = 1;
    const Scale scale = scale_of(unit, high);
    const double step =
        round_up_nicely(high / scale.divisor / static_cast<double>(count)) * scale.divisor;
    PlotAxis axis;
    for (double at = 0; axis.ticks.empty() || axis.ticks.back().at < high; at += step) {
        axis.ticks.push_back({.at = at, .text = tick_text(at / scale.divisor)});
    }
    axis.high = axis.ticks.back().at;
    name_unit(axis, unit, scale);
    return axis;
}

PlotAxis axis_around(Unit unit, double low, double high, std::size_t count) {
    const double reach = std::max((high - low) / 2, std::abs(high + low) / 2 * reach_min);
    if (!(reach > value_min)) return axis_from_zero(unit, high, count);
    const double middle = (low + high) / 2;
    const Scale scale = scale_of(unit, std::abs(high));
    const double step =
        round_up_nicely(2 * reach / scale.divisor / static_cast<double>(count)) * scale.divisor;
    PlotAxis axis;
    axis.low = std::floor((middle - reach) / step) * step;
    for (double at = axis.low; axis.ticks.size() < ticks_max; at += step) {
        axis.ticks.push_back({.at = at, .text = tick_text(at / scale.divisor)});
        if (at >= middle + reach) break;
    }
    axis.high = axis.ticks.back().at;
    name_unit(axis, unit, scale);
    return axis;
}

PlotAxis axis_of_seconds(double begin, double end) {
    PlotAxis axis;
    axis.low = begin;
    axis.high = end > begin ? end : begin + 1;
    const double step = round_up_nicely((axis.high - axis.low) / 6);
    for (double at = std::ceil(begin / step) * step;
         at <= axis.high && axis.ticks.size() < ticks_max; at += step) {
        axis.ticks.push_back({.at = at, .text = tick_text(at) + " s"});
    }
    return axis;
}

SvgPlot::SvgPlot(PlotAxis x, PlotAxis y) : x_(std::move(x)), y_(std::move(y)) {}

void SvgPlot::line(std::span<const PlotPoint> points, std::string_view css_class) {
    shapes_ += fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", css_class, path(points));
}

void SvgPlot::band(std::span<const PlotPoint> low, std::span<const PlotPoint> high,
                   std::string_view css_class) {
    std::vector<PlotPoint> outline;
    for (const PlotPoint& point : high) {
        if (std::isfinite(point.y)) outline.push_back(point);
    }
    for (std::size_t index = low.size(); index > 0; --index) {
        if (std::isfinite(low[index - 1].y)) outline.push_back(low[index - 1]);
    }
    if (outline.empty()) return;
    shapes_ += fmt::format("<path class=\"band {}\" d=\"{}Z\"/>\n", css_class, path(outline));
}

// A line without length: its round end keeps its shape when the drawing is stretched.
void SvgPlot::dot(PlotPoint point, std::string_view css_class, std::string_view title) {
    const std::string place = fmt::format("class=\"dot {}\" d=\"M{:.1f} {:.1f}h0\"", css_class,
                                          left(point.x), top(point.y));
    shapes_ += titled("path", place, title);
}

void SvgPlot::bar(double x_begin, double x_end, double y, std::string_view css_class) {
    shapes_ += fmt::format("<path class=\"bar {}\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", css_class,
                           left(x_begin), top(y), left(x_end));
}

void SvgPlot::vertical(double x, std::string_view css_class, std::string_view title) {
    shapes_ += titled("path",
                      fmt::format("class=\"rule {}\" d=\"M{:.1f} 0V{}\"", css_class, left(x), side),
                      title);
}

void SvgPlot::horizontal(double y, std::string_view css_class, std::string_view title) {
    shapes_ +=
        titled("path", fmt::format("class=\"rule {}\" d=\"M0 {:.1f}H{}\"", css_class, top(y), side),
               title);
}

void SvgPlot::shade(double x_begin, double x_end, std::string_view css_class,
                    std::string_view title) {
    const double begin = left(x_begin);
    shapes_ += titled("rect",
                      fmt::format("class=\"{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" "
                                  "height=\"{}\"",
                                  css_class, begin, left(x_end) - begin, side),
                      title);
}

std::string SvgPlot::html(std::string_view label) const {
    return fmt::format(
        "<div class=\"plot\"><svg viewBox=\"0 0 {0} {0}\" preserveAspectRatio=\"none\" "
        "role=\"img\" aria-label=\"{1}\">\n{2}{3}</svg>{4}</div>\n",
        side, escaped(label), grid(), shapes_, axis_words());
}

std::string SvgPlot::grid() const {
    std::string lines;
    for (const Tick& tick : y_.ticks) lines += fmt::format("M0 {:.1f}H{}", top(tick.at), side);
    return fmt::format("<path class=\"grid\" d=\"{}\"/>\n", lines);
}

// Hidden from screen readers: the label says it in a sentence, and tables hold the numbers.
std::string SvgPlot::axis_words() const {
    std::string words = "<div class=\"y\" aria-hidden=\"true\">";
    for (const Tick& tick : y_.ticks) {
        words += fmt::format("<span style=\"top:{:.2f}%\">{}</span>", top(tick.at) / side * 100,
                             escaped(tick.text));
    }
    words += "</div><div class=\"x\" aria-hidden=\"true\">";
    for (const Tick& tick : x_.ticks) {
        words += fmt::format("<span style=\"left:{:.2f}%\">{}</span>", left(tick.at) / side * 100,
                             escaped(tick.text));
    }
    if (!x_.name.empty()) words += fmt::format("<b>{}</b>", escaped(x_.name));
    return words + "</div>";
}

std::string SvgPlot::path(std::span<const PlotPoint> points) const {
    std::string commands;
    bool pen_down = false;
    for (const PlotPoint& point : points) {
        if (!std::isfinite(point.y)) {
            pen_down = false;
            continue;
        }
        commands +=
            fmt::format("{}{:.1f} {:.1f}", pen_down ? 'L' : 'M', left(point.x), top(point.y));
        pen_down = true;
    }
    return commands;
}

double SvgPlot::left(double x) const { return x_.position(x) * side; }

double SvgPlot::top(double y) const { return (1 - y_.position(y)) * side; }

std::string html_figure(std::string_view title, std::span<const LegendEntry> legend,
                        std::string_view plot) {
    std::string entries;
    for (const LegendEntry& entry : legend) {
        entries +=
            fmt::format("<span class=\"key {}\">{}</span>", entry.css_class, escaped(entry.text));
    }
    return fmt::format("<figure><figcaption><strong>{}</strong>{}</figcaption>\n{}</figure>\n",
                       escaped(title), entries, plot);
}

}  // namespace elytractl::report
