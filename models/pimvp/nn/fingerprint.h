// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <string>

namespace pimvp::nn {

/// SHA-256, in hexadecimal digits, of all that decides the integers of a network: its graph,
/// shapes, types, weights, biases and multipliers. Names and the file it came from do not matter:
/// the same file calibrated on other inputs has another fingerprint.
std::string fingerprint(const network& net);

}  // namespace pimvp::nn
