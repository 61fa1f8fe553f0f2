// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/runner/workload.h>

#include <pimvp/nn/inspection.h>

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace pimvp::runner {

struct inspect_options {
    std::size_t group_size = 128;  ///< elements of an im2col window that share a row block
    unsigned threads = 1;
    std::function<void(std::size_t done, std::size_t all)> progress;
};

/// One layer of a network, without any hardware.
struct layer_statistics {
    std::uint32_t node = 0;
    std::optional<nn::weight_profile> weights;  ///< of matrix layers
    nn::value_histogram outputs;
    nn::group_profile inputs;  ///< of matrix layers
};

struct network_statistics {
    std::size_t images = 0;
    std::vector<layer_statistics> layers;
};

/// Runs the reference over all inputs of a workload. Results do not depend on the threads.
network_statistics inspect(const workload& work, const inspect_options& options);

/// The same as a record: stable order, integers as integers.
nlohmann::ordered_json inspect_record(const workload& work, const network_statistics& seen);

}  // namespace pimvp::runner
