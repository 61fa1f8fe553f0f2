// SPDX-License-Identifier: Apache-2.0
#include <pimvp/report/svg.h>

#include <pimvp/report/html.h>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace pimvp::report {

namespace {

/// A coordinate: tenths of a pixel are enough.
std::string px(double value) {
    const double rounded = std::round(value * 10.0) / 10.0;
    return fmt::format("{:g}", rounded == 0.0 ? 0.0 : rounded);
}

std::string hint_markup(const std::string& hint) {
    return hint.empty() ? "" : element("title", escaped(hint));
}

const char* anchor_text(drawing::anchor side) {
    switch (side) {
    case drawing::anchor::start:
        return "";
    case drawing::anchor::middle:
        return "middle";
    case drawing::anchor::end:
        return "end";
    }
    return "";
}

}  // namespace

const char* colour(std::size_t index) {
    constexpr std::array<const char*, 8> all{"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                             "#56b4e9", "#d55e00", "#5f6b7a", "#c9b800"};
    return all[index % all.size()];
}

std::vector<double> linear_ticks(double low, double high, int most) {
    const double wanted = (high - low) / (most - 1);
    double step = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
        if (factor * step < wanted * (1.0 - 1e-9)) continue;
        step *= factor;
        break;
    }
    std::vector<double> ticks;
    const double slack = step * 1e-6;
    for (double n = std::ceil((low - slack) / step); n * step <= high + slack; ++n) {
        ticks.push_back(n * step + 0.0);  // no -0
    }
    return ticks;
}

std::vector<double> log_ticks(double low, double high) {
    constexpr double slack = 1.0 + 1e-9;
    const bool few = high / low < 1000.0;
    std::vector<double> ticks;
    const int last = static_cast<int>(std::ceil(std::log10(high)));
    for (int power = static_cast<int>(std::floor(std::log10(low))); power <= last; ++power) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double tick = factor * std::pow(10.0, power);
            if ((factor == 1.0 || few) && tick * slack >= low && tick <= high * slack) {
                ticks.push_back(tick);
            }
        }
    }
    return ticks;
}

std::string scale::number(double value) const {
    const double least = 0.5 * std::pow(10.0, -decimals);
    if (value == 0.0) return "0";
    if (std::abs(value * factor) < least) return fmt::format("< {:.{}f}", 2.0 * least, decimals);
    return fmt::format("{:.{}f}", value * factor, decimals);
}

scale scale_for(double largest, const std::string& unit) {
    constexpr std::array<const char*, 9> prefixes{"f", "p", "n", "µ", "m", "", "k", "M", "G"};
    constexpr int bare = 5;
    if (!(largest > 0.0)) return {1.0, unit, 0};
    const int thousands = std::clamp(
        static_cast<int>(std::floor(std::log10(largest * (1.0 + 1e-9)) / 3.0)), -bare, 3);
    scale made;
    made.factor = std::pow(10.0, -3 * thousands);
    made.unit = prefixes[static_cast<std::size_t>(thousands + bare)] + unit;
    const double shown = largest * made.factor;
    made.decimals = shown < 10.0 ? 2 : shown < 100.0 ? 1 : 0;
    return made;
}

axis::axis(double low, double high, double from_px, double to_px, bool is_log)
    : m_low(is_log ? std::log10(low) : low),
      m_high(is_log ? std::log10(high) : high),
      m_from(from_px),
      m_to(to_px),
      m_is_log(is_log) {}

axis axis::linear(double low, double high, double from_px, double to_px) {
    return {low, high, from_px, to_px, false};
}

axis axis::logarithmic(double low, double high, double from_px, double to_px) {
    return {low, high, from_px, to_px, true};
}

double axis::at(double value) const {
    const double place = m_is_log ? std::log10(value) : value;
    return m_from + (place - m_low) / (m_high - m_low) * (m_to - m_from);
}

std::vector<double> axis::ticks(int most) const {
    return m_is_log ? log_ticks(std::pow(10.0, m_low), std::pow(10.0, m_high))
                    : linear_ticks(m_low, m_high, most);
}

drawing::drawing(double width, double height, std::string description)
    : m_width(width),
      m_height(height),
      m_description(std::move(description)) {}

void drawing::rectangle(double x, double y, double width, double height, const std::string& fill,
                        const std::string& hint) {
    m_body += element("rect",
                      {{"x", px(x)},
                       {"y", px(y)},
                       {"width", px(std::max(0.0, width))},
                       {"height", px(std::max(0.0, height))},
                       {"fill", fill}},
                      hint_markup(hint)) +
              "\n";
}

void drawing::line(double x1, double y1, double x2, double y2, const char* style) {
    m_body += element(
        "line", {{"x1", px(x1)}, {"y1", px(y1)}, {"x2", px(x2)}, {"y2", px(y2)}, {"class", style}},
        "");
}

void drawing::text(double x, double y, const std::string& words, anchor side, const char* style) {
    m_body += element(
        "text", {{"x", px(x)}, {"y", px(y)}, {"text-anchor", anchor_text(side)}, {"class", style}},
        escaped(words));
}

void drawing::upright_text(double x, double y, const std::string& words) {
    m_body += element("text",
                      {{"transform", "translate(" + px(x) + " " + px(y) + ") rotate(-90)"},
                       {"text-anchor", "middle"},
                       {"class", "axis-title"}},
                      escaped(words));
}

void drawing::path(const std::vector<point>& points, const std::string& stroke, bool dashed) {
    std::string places;
    for (const point& p : points) places += px(p.x) + "," + px(p.y) + " ";
    m_body += element("polyline",
                      {{"points", places},
                       {"fill", "none"},
                       {"stroke", stroke},
                       {"stroke-width", "2"},
                       {"stroke-dasharray", dashed ? "6 4" : ""}},
                      "");
}

void drawing::dot(point at, const std::string& stroke, bool filled, const std::string& hint) {
    m_body += element("circle",
                      {{"cx", px(at.x)},
                       {"cy", px(at.y)},
                       {"r", "4"},
                       {"fill", filled ? stroke : "#fff"},
                       {"stroke", stroke},
                       {"stroke-width", "2"}},
                      hint_markup(hint)) +
              "\n";
}

std::string drawing::markup() const {
    return element("svg",
                   {{"viewBox", "0 0 " + px(m_width) + " " + px(m_height)},
                    {"style", "max-width:" + px(m_width) + "px"},
                    {"role", "img"},
                    {"aria-label", m_description}},
                   "\n" + m_body) +
           "\n";
}

std::string shortened(const std::string& text, std::size_t most) {
    std::size_t characters = 0;
    std::size_t cut = text.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;  // inside of one
        if (characters == most - 1) cut = i;
        ++characters;
    }
    return characters <= most ? text : text.substr(0, cut) + "…";
}

}  // namespace pimvp::report
