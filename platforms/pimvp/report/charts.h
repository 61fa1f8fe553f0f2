// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/report/svg.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace pimvp::report {

/// A coloured square and its word, a row of them above a chart.
struct legend_entry {
    std::string word, fill;
};
std::string legend(const std::vector<legend_entry>& entries);

/// Horizontal bars in groups, each bar of one or more segments, with the sum at its end.
struct bar_chart {
    struct segment {
        double value = 0.0;
        std::string fill, hint;
    };
    struct bar {
        std::vector<segment> segments;
        std::optional<double> mark{};  ///< what stands at its end, if not the sum
    };
    struct group {
        std::string name;
        std::vector<bar> bars;  ///< without segments: room without a bar
    };

    std::string title;  ///< of the axis, without the unit
    std::string unit;   ///< "J", "s"; "%" for shares of 1
    std::vector<group> groups;
    bool shows_sums = true;

    [[nodiscard]] std::string markup() const;
};

/// Points of several series on two axes; a line through those that no other point of the series
/// beats.
struct point_chart {
    enum class better { lower, higher };
    struct point {
        double x = 0.0, y = 0.0;
        std::string hint;
    };
    struct series {
        std::string name, stroke;
        bool dashed = false;
        std::vector<point> points;
    };

    std::string x_title, y_title;
    std::string x_unit, y_unit;  ///< as in bar_chart; empty: bare numbers
    better better_y = better::lower;
    bool log_y = false;  ///< where all values are above 0; those that are not lie at the bottom
    std::vector<series> all;

    [[nodiscard]] std::string markup() const;
};

/// The points no other one beats, by x: no smaller x has a y as good.
std::vector<point_chart::point> pareto_front(std::vector<point_chart::point> points,
                                             point_chart::better better_y);

/// How often 0, 1, 2 .. bits were streamed: a small chart, runs side by side.
struct histogram_chart {
    struct bars {
        std::vector<double> shares;  ///< sum 1
        std::string fill, name;
    };
    std::string title;
    std::vector<bars> all;

    [[nodiscard]] std::string markup() const;
};

}  // namespace pimvp::report
