// SPDX-License-Identifier: Apache-2.0
// Do charts draw what they are given, where it belongs?
#include <support/catch.h>
#include <support/random.h>

#include <pimvp/report/charts.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

using namespace pimvp::report;

namespace {

/// The values of an attribute of all elements of a kind.
std::vector<double> values(const std::string& markup, const std::string& kind,
                           const std::string& attribute) {
    const std::regex pattern("<" + kind + " [^>]*\\b" + attribute + "=\"([-0-9.e]+)\"");
    std::vector<double> found;
    for (std::sregex_iterator at(markup.begin(), markup.end(), pattern), end; at != end; ++at) {
        found.push_back(std::stod((*at)[1]));
    }
    return found;
}

}  // namespace

TEST_CASE("report.charts.bars_are_as_long_as_their_values") {
    bar_chart chart;
    chart.title = "energy";
    chart.unit = "J";
    chart.groups = {{"a", {{{{3e-6, "#111", ""}, {1e-6, "#222", ""}}}}},
                    {"b", {{{{2e-6, "#111", ""}}}}},
                    {"none", {{}}}};
    const std::string markup = chart.markup();
    const std::vector<double> widths = values(markup, "rect", "width");
    const std::vector<double> starts = values(markup, "rect", "x");
    REQUIRE(widths.size() == 3);
    CHECK(widths[0] == Approx(3.0 * widths[1]).margin(0.3));
    CHECK(widths[2] == Approx(2.0 * widths[1]).margin(0.3));
    CHECK(starts[1] == Approx(starts[0] + widths[0]).margin(0.2));
    CHECK(markup.find(">4.00<") != std::string::npos);  // sums in the unit of the axis
    CHECK(markup.find("energy (µJ)") != std::string::npos);
}

TEST_CASE("report.charts.a_chart_of_nothing_is_finite") {
    bar_chart chart;
    chart.unit = "J";
    chart.groups = {{"a", {{{{0.0, "#111", ""}}}}}};
    CHECK(chart.markup().find("nan") == std::string::npos);
    CHECK(chart.markup().find("inf") == std::string::npos);
    CHECK(point_chart{}.markup().empty());
    point_chart one;
    one.all = {{"s", "#111", false, {{5.0, 0.0, ""}}}};
    one.log_y = true;  // no value above 0
    CHECK(one.markup().find("nan") == std::string::npos);
    CHECK(one.markup().find("inf") == std::string::npos);
}

TEST_CASE("report.charts.front_is_what_no_point_beats") {
    using better = point_chart::better;
    support::generator random;
    for (int round = 0; round < 200; ++round) {
        std::vector<point_chart::point> points;
        for (std::uint64_t n = random.below(20); n > 0; --n) {
            points.push_back(
                {static_cast<double>(random.below(8)), static_cast<double>(random.below(8)), ""});
        }
        for (const better which : {better::lower, better::higher}) {
            const double sign = which == better::lower ? 1.0 : -1.0;
            const auto front = pareto_front(points, which);
            for (const auto& p : points) {
                const bool beaten = std::any_of(points.begin(), points.end(), [&](const auto& q) {
                    return q.x <= p.x && sign * q.y <= sign * p.y &&
                           (q.x < p.x || sign * q.y < sign * p.y);
                });
                const bool in_front = std::any_of(front.begin(), front.end(), [&](const auto& q) {
                    return q.x == p.x && q.y == p.y;
                });
                CHECK(in_front != beaten);
            }
        }
    }
}

TEST_CASE("report.charts.points_lie_inside_of_their_axes") {
    point_chart chart;
    chart.log_y = true;
    chart.x_title = "bits";
    chart.y_title = "kl";
    chart.all = {{"a", "#111", true, {{4.0, 0.1, ""}, {6.0, 0.001, ""}, {8.0, 0.0, ""}}}};
    const std::string markup = chart.markup();
    const std::vector<double> xs = values(markup, "circle", "cx"),
                              ys = values(markup, "circle", "cy");
    REQUIRE(xs.size() == 3);
    CHECK(std::is_sorted(xs.begin(), xs.end()));
    CHECK(std::is_sorted(ys.begin(), ys.end()));  // less divergence lies deeper
    CHECK(ys.back() == 330.0 - 48.0);             // 0 has no logarithm: at the bottom
    for (const double x : xs) CHECK((x >= 66.0 && x <= 464.0));
    CHECK(markup.find("stroke-dasharray") != std::string::npos);
}

TEST_CASE("report.charts.histograms_reach_from_0_to_1") {
    histogram_chart chart;
    chart.title = "layer";
    chart.all = {{{0.0, 0.25, 0.75}, "#111", "a"}, {{1.0, 0.0, 0.0}, "#222", "b"}};
    const std::vector<double> heights = values(chart.markup(), "rect", "height");
    REQUIRE(heights.size() == 6);  // bin by bin, run by run
    CHECK(heights[0] == 0.0);
    CHECK(heights[4] == Approx(3.0 * heights[2]).margin(0.2));
    CHECK(heights[1] == Approx(heights[2] + heights[4]).margin(0.2));
}
