// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/charts.h>

#include <pimvp/core/text_table.h>
#include <pimvp/report/html.h>

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace pimvp::report {

namespace {

using anchor = drawing::anchor;

constexpr double letter = 6.3;  // width of one, of axis labels; a little more than most fonts have

double width_of(const std::string& text) {
    return static_cast<double>(core::display_width(text)) * letter;
}

scale scale_of(double largest, const std::string& unit) {
    if (unit == "%") return {100.0, "%", 1};
    if (unit.empty()) return {1.0, "", 2};
    return scale_for(largest, unit);
}

/// What stands at a tick: no more digits than it needs.
std::string tick_text(const scale& in, double value) {
    return fmt::format("{:.6g}", value * in.factor);
}

std::string titled(const std::string& title, const scale& in) {
    return in.unit.empty() ? title : title + " (" + in.unit + ")";
}

double sum_of(const bar_chart::bar& bar) {
    double sum = 0.0;
    for (const bar_chart::segment& each : bar.segments) sum += each.value;
    return sum;
}

/// Where bars and labels of a bar chart lie.
struct bar_layout {
    static constexpr double width = 1000.0, top = 20.0, bottom = 42.0, gap = 9.0;

    explicit bar_layout(const bar_chart& of) {
        double longest = 0.0;
        std::size_t bars = 1;
        for (const bar_chart::group& each : of.groups) {
            longest = std::max(longest, width_of(shortened(each.name, most_letters)));
            bars = std::max(bars, each.bars.size());
            for (const bar_chart::bar& bar : each.bars) largest = std::max(largest, sum_of(bar));
        }
        left = longest + 14.0;
        right = of.shows_sums ? width - 64.0 : width - 16.0;
        thickness = bars == 1 ? 14.0 : bars == 2 ? 11.0 : 9.0;
        row = thickness * static_cast<double>(bars) + gap;
        height = top + row * static_cast<double>(of.groups.size()) + bottom;
    }

    static constexpr std::size_t most_letters = 30;
    double left = 0.0, right = 0.0, thickness = 0.0, row = 0.0, height = 0.0, largest = 0.0;
};

void draw_bar(drawing& picture, const bar_chart::bar& bar, const axis& x, double y,
              double thickness, const std::string& sum) {
    double done = 0.0;
    for (const bar_chart::segment& each : bar.segments) {
        picture.rectangle(x.at(done), y, x.at(done + each.value) - x.at(done), thickness - 1.0,
                          each.fill, each.hint);
        done += each.value;
    }
    if (sum.empty() || bar.segments.empty()) return;
    picture.text(x.at(done) + 5.0, y + thickness / 2.0 + 3.0, sum, anchor::start, "value");
}

/// The axes of a point chart, with room around them.
struct point_layout {
    static constexpr double width = 480.0, height = 330.0;
    static constexpr double left = 66.0, right = 16.0, top = 14.0, bottom = 48.0;
};

struct range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    [[nodiscard]] bool empty() const { return low > high; }
    /// A little wider on both sides, never empty, not below 0 unless something is.
    [[nodiscard]] range widened() const {
        const double more = high > low ? 0.06 * (high - low) : std::max(0.5 * std::abs(high), 0.5);
        return {low >= 0.0 ? std::max(0.0, low - more) : low - more, high + more};
    }
};

}  // namespace

std::string legend(const std::vector<legend_entry>& entries) {
    std::string words;
    for (const legend_entry& each : entries) {
        words += element(
            "span", element("i", {{"style", "background:" + each.fill}}, "") + escaped(each.word));
    }
    return element("div", {{"class", "legend"}}, words) + "\n";
}

std::string bar_chart::markup() const {
    const bar_layout place(*this);
    const scale in = scale_of(place.largest, unit);
    const double high = unit == "%" && place.largest <= 1.0 ? 1.0
                        : place.largest > 0.0               ? place.largest
                                                            : 1.0;
    const axis x = axis::linear(0.0, high, place.left, place.right);
    drawing picture(bar_layout::width, place.height, titled(title, in));
    const double end = place.height - bar_layout::bottom;
    for (const double tick : x.ticks(8)) {
        picture.line(x.at(tick), bar_layout::top - 4.0, x.at(tick), end, "grid");
        picture.text(x.at(tick), end + 15.0, tick_text(in, tick), anchor::middle, "tick");
    }
    picture.text((place.left + place.right) / 2.0, end + 34.0, titled(title, in), anchor::middle,
                 "axis-title");
    double y = bar_layout::top;
    for (const group& each : groups) {
        const double middle = y + (place.row - bar_layout::gap) / 2.0 + 4.0;
        picture.text(place.left - 8.0, middle, shortened(each.name, bar_layout::most_letters),
                     anchor::end, "name");
        double top = y;
        for (const bar& one : each.bars) {
            const std::string sum =
                shows_sums ? in.number(one.mark ? *one.mark : sum_of(one)) : std::string();
            draw_bar(picture, one, x, top, place.thickness, sum);
            top += place.thickness;
        }
        y += place.row;
    }
    picture.line(place.left, bar_layout::top - 4.0, place.left, end, "axis");
    return picture.markup();
}

std::vector<point_chart::point> pareto_front(std::vector<point_chart::point> points,
                                             point_chart::better better_y) {
    const double sign = better_y == point_chart::better::lower ? 1.0 : -1.0;
    std::stable_sort(points.begin(), points.end(), [sign](const auto& a, const auto& b) {
        return a.x != b.x ? a.x < b.x : sign * a.y < sign * b.y;
    });
    std::vector<point_chart::point> front;
    for (point_chart::point& each : points) {
        if (front.empty() || sign * each.y < sign * front.back().y) front.push_back(each);
    }
    return front;
}

std::string point_chart::markup() const {
    using place = point_layout;
    range xs, ys, above_0;
    for (const series& each : all) {
        for (const point& p : each.points) {
            xs.add(p.x);
            ys.add(p.y);
            if (p.y > 0.0) above_0.add(p.y);
        }
    }
    if (xs.empty()) return "";
    const bool is_log = log_y && !above_0.empty();
    const range x_shown = xs.widened(), y_shown = ys.widened();
    const axis x =
        axis::linear(x_shown.low, x_shown.high, place::left, place::width - place::right);
    const double bottom = place::height - place::bottom;
    const axis y =
        is_log ? axis::logarithmic(above_0.low / 1.5, above_0.high * 1.5, bottom, place::top)
               : axis::linear(y_shown.low, y_shown.high, bottom, place::top);
    const scale x_in = scale_of(xs.high, x_unit), y_in = scale_of(ys.high, y_unit);
    drawing picture(place::width, place::height,
                    titled(y_title, y_in) + " against " + titled(x_title, x_in));
    for (const double tick : x.ticks(7)) {
        picture.line(x.at(tick), place::top, x.at(tick), bottom, "grid");
        picture.text(x.at(tick), bottom + 16.0, tick_text(x_in, tick), anchor::middle, "tick");
    }
    for (const double tick : y.ticks(7)) {
        picture.line(place::left, y.at(tick), place::width - place::right, y.at(tick), "grid");
        picture.text(place::left - 7.0, y.at(tick) + 4.0, tick_text(y_in, tick), anchor::end,
                     "tick");
    }
    picture.line(place::left, place::top, place::left, bottom, "axis");
    picture.line(place::left, bottom, place::width - place::right, bottom, "axis");
    picture.text((place::left + place::width - place::right) / 2.0, place::height - 10.0,
                 titled(x_title, x_in), anchor::middle, "axis-title");
    picture.upright_text(14.0, (place::top + bottom) / 2.0, titled(y_title, y_in));
    const auto at = [&](const point& p) -> drawing::point {
        return {x.at(p.x), is_log && p.y <= 0.0 ? bottom : y.at(p.y)};
    };
    for (const series& each : all) {
        std::vector<drawing::point> line;
        for (const point& p : pareto_front(each.points, better_y)) line.push_back(at(p));
        picture.path(line, each.stroke, each.dashed);
        for (const point& p : each.points) {
            picture.dot(at(p), each.stroke, !each.dashed, each.name + ": " + p.hint);
        }
    }
    return picture.markup();
}

std::string histogram_chart::markup() const {
    constexpr double width = 220.0, height = 132.0, left = 40.0, right = 6.0;
    constexpr double top = 10.0, bottom = 108.0;
    std::size_t bins = 1;
    for (const bars& each : all) bins = std::max(bins, each.shares.size());
    const axis x = axis::linear(0.0, static_cast<double>(bins), left, width - right);
    const axis y = axis::linear(0.0, 1.0, bottom, top);
    drawing picture(width, height, title + ": share of groups by bits streamed");
    for (const double tick : {0.0, 0.5, 1.0}) {
        picture.line(left, y.at(tick), width - right, y.at(tick), tick == 0.0 ? "axis" : "grid");
        picture.text(left - 5.0, y.at(tick) + 4.0, fmt::format("{:.0f}%", 100.0 * tick),
                     anchor::end, "tick");
    }
    const double slot = x.at(1.0) - x.at(0.0);
    const double thickness =
        (slot - 3.0) / static_cast<double>(std::max<std::size_t>(1, all.size()));
    for (std::size_t bin = 0; bin < bins; ++bin) {
        const auto n = static_cast<double>(bin);
        if (bins <= 9 || bin % 2 == 0) {
            picture.text(x.at(n + 0.5), bottom + 15.0, std::to_string(bin), anchor::middle, "tick");
        }
        double at = x.at(n) + 1.5;
        for (const bars& each : all) {
            const double share = bin < each.shares.size() ? each.shares[bin] : 0.0;
            picture.rectangle(at, y.at(share), thickness, bottom - y.at(share), each.fill,
                              fmt::format("{}: {:.1f} % of the groups streamed {} bits", each.name,
                                          100.0 * share, bin));
            at += thickness;
        }
    }
    return picture.markup();
}

}  // namespace pimvp::report
