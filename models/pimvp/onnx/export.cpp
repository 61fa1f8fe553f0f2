// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/export.h>

#include <pimvp/core/file.h>
#include <pimvp/onnx/model_writer.h>

namespace pimvp::onnx {

std::string export_bytes(const nn::network& net) {
    return detail::model_writer(net).write();
}

void export_file(const nn::network& net, const std::string& path) {
    core::write_file(path, export_bytes(net));
}

}  // namespace pimvp::onnx
