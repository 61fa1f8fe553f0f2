// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/grade.h>

namespace pimvp::core {

std::string to_string(const source& origin) {
    std::string text = "[" + std::string(to_string(origin.g)) + "]";
    if (!origin.text.empty()) text += " " + origin.text;
    return text;
}

}  // namespace pimvp::core
