// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/host_step.h>

#include <pimvp/nn/graph_check.h>
#include <pimvp/nn/metrics.h>

#include <pimvp/core/random.h>

#include <algorithm>

namespace pimvp::nn {

std::string_view to_string(host_step::operation kind) {
    switch (kind) {
    case host_step::operation::softmax:
        return "softmax";
    case host_step::operation::log_softmax:
        return "log_softmax";
    }
    return "?";
}

float_tensor run(const host_step& step, const float_tensor& scores) {
    const auto axis = static_cast<std::size_t>(step.axis);
    const auto along = static_cast<std::size_t>(scores.dims[axis]);
    const std::size_t inner = detail::axis_product(scores.dims, axis + 1, scores.dims.size());
    float_tensor result{scores.dims, std::vector<float>(scores.data.size())};
    for (std::size_t at = 0; at < scores.data.size(); ++at) {
        if (at / inner % along != 0) continue;  // the first of each row
        const std::size_t end = at + along * inner;
        float largest = scores.data[at];
        for (std::size_t i = at; i < end; i += inner) largest = std::max(largest, scores.data[i]);
        const auto shifted = [&](std::size_t i) {
            return static_cast<double>(scores.data[i]) - static_cast<double>(largest);
        };
        double sum = 0.0;
        for (std::size_t i = at; i < end; i += inner) sum += portable_exp(shifted(i));
        const double log_sum = core::portable_log(sum);
        for (std::size_t i = at; i < end; i += inner) {
            result.data[i] = static_cast<float>(step.kind == host_step::operation::softmax
                                                    ? portable_exp(shifted(i)) / sum
                                                    : shifted(i) - log_sum);
        }
    }
    return result;
}

}  // namespace pimvp::nn
