// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/network.h>

#include <string>

namespace pimvp::nn {

/// SHA-256, in hexadecimal digits, of all that decides the integers of a network: its graph,
/// shapes, types, weights, biases and multipliers. Names and the file it came from do not matter:
/// the same file calibrated on other inputs has another fingerprint. A precision plan, which
/// decides what accelerators compute that follow it, is covered if there is one: its rule and its
/// layers, by name.
std::string fingerprint(const network& net);

/// The same without the plan: what precision_plan::network says.
std::string integers_fingerprint(const network& net);

/// Throws core::user_error with both hashes and the way out if the network has a plan that was made
/// for other integers. `file` stands before the message.
void check_plan_belongs(const network& net, const std::string& file);

}  // namespace pimvp::nn
