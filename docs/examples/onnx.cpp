// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/nn/quantise.h>
#include <pimvp/onnx/export.h>
#include <pimvp/onnx/import.h>

#include <cstdio>

using namespace pimvp;

void make_integer_file(const std::vector<nn::float_tensor>& images) {
    const onnx::imported file = onnx::import_file("model.onnx");
    for (const std::string& note : file.notes) std::puts(note.c_str());

    nn::calibrator watch(*file.floating);
    for (const nn::float_tensor& image : images) watch.add({image});
    const nn::network integers = nn::quantise(*file.floating, watch.result());
    onnx::export_file(integers, "model_int8.onnx");
}
// page ends
