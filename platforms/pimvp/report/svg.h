// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pimvp::report {

/// Colours that people with any colour vision tell apart (Okabe and Ito), the most different ones
/// first. Any index is good: they repeat.
const char* colour(std::size_t index);

/// Round positions, 1, 2 or 5 times a power of ten apart, from `low` to `high`, at most `most`.
/// Precondition: low < high, most > 1.
std::vector<double> linear_ticks(double low, double high, int most);
/// Powers of ten from `low` to `high`; with few of them twice and five times these, too.
/// Precondition: 0 < low < high.
std::vector<double> log_ticks(double low, double high);

/// A unit with a prefix that suits a whole column or axis.
struct scale {
    double factor = 1.0;  ///< of the bare value
    std::string unit;
    int decimals = 0;

    /// Without the unit: 3 digits for the largest value, "< 0.01" for what would vanish.
    [[nodiscard]] std::string number(double value) const;
    [[nodiscard]] std::string text(double value) const { return number(value) + " " + unit; }
};
/// For values up to `largest` in `unit`: nothing to show but 0 keeps the bare unit.
scale scale_for(double largest, const std::string& unit);

/// Maps values to places along one side of a chart.
class axis {
public:
    /// Precondition: low < high.
    static axis linear(double low, double high, double from_px, double to_px);
    /// Precondition: 0 < low < high.
    static axis logarithmic(double low, double high, double from_px, double to_px);

    [[nodiscard]] double at(double value) const;
    [[nodiscard]] std::vector<double> ticks(int most) const;

private:
    axis(double low, double high, double from_px, double to_px, bool is_log);

    double m_low, m_high, m_from, m_to;
    bool m_is_log;
};

/// A drawing that becomes an inline <svg>. Coordinates in pixels from the upper left; text is
/// escaped; classes are those of the page's style sheet.
class drawing {
public:
    enum class anchor { start, middle, end };

    /// `description` is for those who cannot see it.
    drawing(double width, double height, std::string description);

    /// `hint` is shown when pointed at.
    void rectangle(double x, double y, double width, double height, const std::string& fill,
                   const std::string& hint = "");
    void line(double x1, double y1, double x2, double y2, const char* style);
    void text(double x, double y, const std::string& words, anchor side = anchor::start,
              const char* style = "");
    /// The same, read from below.
    void upright_text(double x, double y, const std::string& words);
    struct point {
        double x = 0.0, y = 0.0;
    };
    void path(const std::vector<point>& points, const std::string& stroke, bool dashed);
    void dot(point at, const std::string& stroke, bool filled, const std::string& hint);

    [[nodiscard]] std::string markup() const;

private:
    double m_width, m_height;
    std::string m_description, m_body;
};

/// At most that many characters: the rest as an ellipsis.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace pimvp::report
