// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace pimvp::docs {

/// A page with its generated parts made anew, and the markers of those that were different.
struct refreshed_page {
    std::string text;
    std::vector<std::string> changed;
};

/// Fills what stands between `<!-- generated: WORDS -->` and `<!-- end -->`, each alone on its line
/// and outside of code. Throws core::user_error naming `page` and the marker.
refreshed_page refresh(
    const std::string& page, const std::string& text,
    const std::function<std::string(const std::vector<std::string>& words)>& table);

/// What is wrong with the headings of a model's page: they are fixed, in order, and none is empty.
std::vector<std::string> heading_problems(const std::string& text);

/// Targets of relative links in a page of `folder` that lead nowhere: no such file, no such
/// heading.
std::vector<std::string> dead_links(const std::string& folder, const std::string& text);

/// Names under the heading Tests that no test of the suite has; `*` stands for anything.
std::vector<std::string> unknown_tests(const std::string& text,
                                       const std::vector<std::string>& suite);

}  // namespace pimvp::docs
