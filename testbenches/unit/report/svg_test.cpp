// SPDX-License-Identifier: Apache-2.0
// Are ticks round, scales legible, texts harmless?
#include <support/catch.h>

#include <pimvp/report/html.h>
#include <pimvp/report/svg.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace pimvp::report;

TEST_CASE("report.svg.linear_ticks_are_round_and_few") {
    CHECK(linear_ticks(0.0, 1.0, 6) ==
          std::vector<double>{0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0});
    CHECK(linear_ticks(4.1, 8.9, 7) == std::vector<double>{5.0, 6.0, 7.0, 8.0});
    for (int power = -12; power <= 12; ++power) {
        for (int mantissa = 10; mantissa < 100; ++mantissa) {
            const double high = mantissa / 10.0 * std::pow(10.0, power);
            const std::vector<double> ticks = linear_ticks(0.0, high, 8);
            INFO(high);
            CHECK(ticks.size() >= 3);
            CHECK(ticks.size() <= 8);
            CHECK(ticks.front() == 0.0);
            CHECK_FALSE(std::signbit(ticks.front()));
            CHECK(ticks.back() <= high * (1.0 + 1e-6));
            const double step = ticks[1] / std::pow(10.0, std::floor(std::log10(ticks[1] * 1.001)));
            CHECK(std::min({std::abs(step - 1), std::abs(step - 2), std::abs(step - 5)}) < 1e-6);
        }
    }
}

TEST_CASE("report.svg.log_ticks_are_powers_of_ten") {
    const auto near = [](const std::vector<double>& seen, const std::vector<double>& wanted) {
        REQUIRE(seen.size() == wanted.size());
        for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == Approx(wanted[i]));
    };
    near(log_ticks(0.0005, 5.0), {0.001, 0.01, 0.1, 1.0});
    near(log_ticks(0.01, 0.2), {0.01, 0.02, 0.05, 0.1, 0.2});
}

TEST_CASE("report.svg.scales_show_three_digits") {
    CHECK(scale_for(1.2515754567708334e-05, "J").text(1.2515754567708334e-05) == "12.5 µJ");
    CHECK(scale_for(1.2515754567708334e-05, "J").number(5.2e-10) == "< 0.1");
    CHECK(scale_for(9.999e-4, "s").text(9.999e-4) == "1000 µs");
    CHECK(scale_for(1e-3, "s").text(1e-3) == "1.00 ms");
    CHECK(scale_for(0.0, "J").text(0.0) == "0 J");
    CHECK(scale_for(2.0e-18, "J").unit == "fJ");
    CHECK(scale_for(165150720000000.0, "op/s").unit == "Gop/s");
}

TEST_CASE("report.svg.axes_map_ends_to_ends") {
    const axis linear = axis::linear(2.0, 4.0, 100.0, 300.0);
    CHECK(linear.at(2.0) == 100.0);
    CHECK(linear.at(3.0) == 200.0);
    CHECK(linear.at(4.0) == 300.0);
    const axis upwards = axis::logarithmic(0.01, 1.0, 200.0, 0.0);
    CHECK(upwards.at(0.01) == Approx(200.0));
    CHECK(upwards.at(0.1) == Approx(100.0));
    CHECK(upwards.at(1.0) == Approx(0.0).margin(1e-9));
}

TEST_CASE("report.svg.colours_differ_and_repeat") {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < 8; ++i) seen.insert(colour(i));
    CHECK(seen.size() == 8);
    CHECK(colour(8) == colour(0));
}

TEST_CASE("report.html.nothing_escapes_its_place") {
    CHECK(escaped("a<b>&\"'\x01z") == "a&lt;b&gt;&amp;&quot;&#39;\xEF\xBF\xBDz");
    CHECK(escaped("µ – …") == "µ – …");
    CHECK(element("td", {{"title", "\"><script>"}, {"class", ""}}, "x") ==
          "<td title=\"&quot;&gt;&lt;script&gt;\">x</td>");
    drawing picture(10, 10, "<svg>");
    picture.text(1, 2, "</text><script>");
    picture.rectangle(0, 0, -3, 1, "#fff", "<hint>");
    const std::string markup = picture.markup();
    CHECK(markup.find("<script>") == std::string::npos);
    CHECK(markup.find("<hint>") == std::string::npos);
    CHECK(markup.find("width=\"0\"") != std::string::npos);  // never below 0
}

TEST_CASE("report.svg.shortened_texts_keep_whole_characters") {
    CHECK(shortened("layer", 5) == "layer");
    CHECK(shortened("layers", 5) == "laye…");
    CHECK(shortened("µµµµµµ", 5) == "µµµµ…");
    CHECK(shortened("", 5).empty());
}
