// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

/// Conversions of whole networks on ISAAC at 8 bits, convolutions and fully connected layers; the
/// unit column has no converter (`derived` from the formula of docs/models/adc_bank.md).
struct conversion_row {
    const char* network;            ///< as in the zoo; resnet20: CIFAR-10, 1x1 shortcuts
    int all_columns, used_columns;  ///< conversions per MAC, thousandths
    double conversions_m, macs_m;   ///< as printed
    std::uint64_t arrays;
};

constexpr conversion_row conversion_rows[] = {
    {"vgg16", 260, 260, 4026, 15470, 33804},  {"resnet18", 271, 271, 491, 1814, 2864},
    {"resnet50", 272, 272, 1051, 3858, 6260}, {"squeezenet", 368, 361, 317, 861, 363},
    {"resnet20", 543, 376, 22.2, 40.8, 90},   {"mobilenet_v1", 581, 414, 330, 569, 1389},
};

inline long thousandths(double value) {
    return std::lround(1000 * value);
}
