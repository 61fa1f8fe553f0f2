// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/histogram.h>
#include <pimvp/nn/real_range.h>

#include <string>

namespace pimvp::nn {

/// Which part of the values seen in calibration the integers represent; what lies outside is
/// clipped.
///
/// | name         | the range                                                                    |
/// |--------------|------------------------------------------------------------------------------|
/// | `min-max`    | everything that was seen                                                     |
/// | `percentile` | leaves at most (100 - percentile) % of the elements above it, and as many    |
/// |              | below; `percentile:99.9` sets the number                                     |
/// | `mse`        | with the least squared error of the integers of the wanted number of bits    |
/// | `entropy`    | whose integers tell the distribution with the least Kullback-Leibler         |
/// |              | divergence                                                                   |
struct range_rule {
    enum class method { min_max, percentile, mse, entropy };

    method kind = method::min_max;
    double percentile = 99.99;  ///< 50 .. 100

    /// From the name, as above. Throws core::user_error with the known names.
    static range_rule parse(const std::string& text);
    /// What parse() takes.
    [[nodiscard]] std::string text() const;
    /// Everything but min-max looks at distributions.
    [[nodiscard]] bool needs_histogram() const { return kind != method::min_max; }
};

/// The range that `rule` chooses for integers of `bits` bits; it lies within what was seen and
/// contains zero. The ends are bin edges; of equally good ranges the widest is taken.
///
/// `mse` and `entropy` search by turns the upper and the lower end on a grid of 128 parts until
/// neither moves, from the whole range on. Elements that are exactly zero have no error and take no
/// part in the divergence. The reference of the divergence are the bins inside the range, with what
/// is clipped in the outermost ones; the integers spread the elements of one level evenly over its
/// occupied bins (an empty level counts as half an element).
real_range choose_range(const histogram& seen, const range_rule& rule, int bits);

}  // namespace pimvp::nn
