// SPDX-License-Identifier: Apache-2.0
#include <pimvp/nn/arithmetic.h>

#include <pimvp/core/diagnostics.h>

#include <cmath>
#include <type_traits>

namespace pimvp::nn {

integer_tensor quantise(const float_tensor& tensor, const tensor_type& type,
                        const std::string& what) {
    integer_tensor result(tensor.dims, type);
    if (tensor.data.size() != result.size()) {
        throw core::user_error(what + ": " + std::to_string(tensor.data.size()) +
                               " elements for shape " + to_string(tensor.dims));
    }
    std::visit(
        [&](auto& elements) {
            using element = typename std::decay_t<decltype(elements)>::value_type;
            for (std::size_t i = 0; i < elements.size(); ++i) {
                const float real = tensor.data[i];
                if (std::isnan(real)) {
                    throw core::user_error(what + ": element " + std::to_string(i) + " of " +
                                           to_string(tensor.dims) +
                                           " is NaN; check the file and its preprocessing");
                }
                elements[i] = static_cast<element>(quantise(real, type));
            }
        },
        result.data());
    return result;
}

float_tensor dequantise(const integer_tensor& tensor) {
    float_tensor result{tensor.dims(), std::vector<float>(tensor.size())};
    std::visit(
        [&](const auto& elements) {
            for (std::size_t i = 0; i < elements.size(); ++i) {
                result.data[i] = dequantise(static_cast<int>(elements[i]), tensor.type());
            }
        },
        tensor.data());
    return result;
}

}  // namespace pimvp::nn
