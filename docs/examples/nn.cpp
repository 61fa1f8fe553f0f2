// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/preprocess.h>
#include <pimvp/nn/quantise_flow.h>

using namespace pimvp;

void classify(const nn::float_network& net) {
    const nn::preprocessor input_of(nn::load_preprocess("cifar10.yaml"),
                                    net.values[net.inputs[0]].dims);
    nn::npy_reader images("images.npy");
    const nn::npy_array first = images.read_rows(0, 101);

    nn::input_set calibration;
    for (std::size_t i = 0; i < 100; ++i) calibration.push_back({input_of(first, i)});
    const nn::network integers = nn::quantise(net, calibration, nn::quantise_flow{}).integers;

    nn::executor reference(integers);
    reference.run({nn::quantise(input_of(first, 100), integers.values[integers.inputs[0]].type)});
    const nn::integer_tensor& scores = reference.value(integers.outputs[0]);
    // page ends
    static_cast<void>(scores);
    // page begins
}
// page ends
