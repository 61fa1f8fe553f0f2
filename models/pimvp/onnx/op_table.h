// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Private to the room: which operators the import knows, and what each opset lets them have.
namespace pimvp::onnx::detail {

/// An operator as defined from one opset until the next form of it.
struct op_form {
    int since;  ///< first opset
    int least_inputs, most_inputs;
    std::vector<std::string_view> attributes;  ///< all it may have
};

/// The operator's form in `opset`, 7 to 21. `domain` is empty for ONNX's own operators.
struct op_lookup {
    const op_form* form = nullptr;  ///< nothing: not known, or not yet in this opset
    int since = 0;                  ///< first opset that has it; 0: not known
};
op_lookup find_op(std::string_view domain, std::string_view op, std::int64_t opset);

/// Names of the known operators of ONNX's own domain, sorted.
std::vector<std::string> known_ops();

/// Why an operator that the import does not know is left out, and the way out; empty if there is
/// nothing more to say than that.
std::string_view reason_to_refuse(std::string_view op);

}  // namespace pimvp::onnx::detail
