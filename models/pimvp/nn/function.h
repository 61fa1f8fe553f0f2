// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/nn/tensor.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace pimvp::nn {

/// One step of a function of one real: v becomes what is written behind its name. x is the argument
/// of the whole function; at its first step v = x.
struct function_step {
    enum class kind {
        sigmoid,           ///< 1 / (1 + e^-v)
        tanh,              ///< (e^v - e^-v) / (e^v + e^-v)
        hard_sigmoid,      ///< max(0, min(1, a * v + b))
        leaky_relu,        ///< v, below 0: a * v
        elu,               ///< v, below 0: a * (e^v - 1)
        selu,              ///< b * v, below 0: b * (a * (e^v - 1))
        celu,              ///< max(0, v) + min(0, a * (e^(v / a) - 1))
        softplus,          ///< log(1 + e^v)
        softsign,          ///< v / (1 + |v|)
        thresholded_relu,  ///< v, at and below a: 0
        exponential,       ///< e^v
        absolute,          ///< |v|
        scale,             ///< v * a
        offset,            ///< v + a
        clip,              ///< min(max(v, a), b)
        times_argument     ///< v * x, as in SiLU and HardSwish
    };
    kind what = kind::sigmoid;
    float a = 0.0F;
    float b = 0.0F;

    friend bool operator==(const function_step& s, const function_step& t) {
        return s.what == t.what && s.a == t.a && s.b == t.b;
    }
};
std::string_view to_string(function_step::kind what);

/// A function of one real as a chain of steps: what activations beyond Relu and Clip compute.
///
/// **Numerics** float32 after every operation, rounded half to even; exponentials and logarithms in
/// double with code of our own and one rounding to float32 at the end of the step. The same bits on
/// every host.
///
/// \code
///     const nn::scalar_function silu{{{nn::function_step::kind::sigmoid},
///                              {nn::function_step::kind::times_argument}}};
///     const float y = nn::evaluate(silu, 1.5F);
/// \endcode
using scalar_function = std::vector<function_step>;

float evaluate(const scalar_function& f, float x);

/// The table of op_kind::lookup: quantise(f(dequantise(x))) for every integer x of `from`, lowest
/// first. A NaN gives to.lowest().
std::vector<std::int32_t> tabulate(const scalar_function& f, const tensor_type& from,
                                   const tensor_type& to);

}  // namespace pimvp::nn
