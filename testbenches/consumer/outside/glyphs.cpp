// SPDX-License-Identifier: Apache-2.0
#include "glyphs.h"

#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/npy.h>
#include <pimvp/nn/preprocess.h>
#include <pimvp/onnx/import.h>

using namespace pimvp;

glyphs::glyphs(const std::string& folder, std::size_t images)
    : network(*onnx::import_file(folder + "/model_int8.onnx").integer) {
    const nn::value& input = network.values[network.inputs[0]];
    const nn::preprocessor prepare(nn::load_preprocess(folder + "/preprocess.yaml"), input.dims);
    const nn::npy_array pictures = nn::read_npy(folder + "/images.npy");
    nn::executor reference(network);
    for (std::size_t i = 0; i < images; ++i) {
        inputs.push_back(nn::quantise(prepare(pictures, i), input.type));
        reference.run({inputs.back()});
        outputs.push_back(reference.value(network.outputs[0]));
    }
}
