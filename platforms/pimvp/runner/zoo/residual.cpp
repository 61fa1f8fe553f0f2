// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/zoo/networks.h>

#include <array>
#include <string>

namespace pimvp::runner::zoo {
namespace {

/// 3x3 and 3x3, for ResNet-18 and -34.
value_id basic_block(builder& b, const std::string& name, value_id x, int width, int stride) {
    value_id y = b.conv(name + "_conv1", x, width, {3, stride, 1});
    y = b.conv(name + "_conv2", y, width, {3, 1, 1}, activation::none);
    if (stride != 1) x = b.conv(name + "_shortcut", x, width, {1, stride}, activation::none);
    return b.add(name + "_add", y, x, activation::relu);
}

/// 1x1, 3x3 and 1x1 with four times the channels; the stride is in the first one (v1).
value_id bottleneck(builder& b, const std::string& name, value_id x, int width, int stride) {
    value_id y = b.conv(name + "_conv1", x, width, {1, stride});
    y = b.conv(name + "_conv2", y, width, {3, 1, 1});
    y = b.conv(name + "_conv3", y, 4 * width, {1}, activation::none);
    if (b.channels(x) != 4 * width) {
        x = b.conv(name + "_shortcut", x, 4 * width, {1, stride}, activation::none);
    }
    return b.add(name + "_add", y, x, activation::relu);
}

template <class Block>
value_id resnet(builder& b, const std::array<int, 4>& blocks, Block block) {
    value_id x = b.conv("conv1", b.input(3, 224), 64, {7, 2, 3});
    x = b.max_pool("pool1", x, {3, 2, 1});
    int width = 64;
    for (int stage = 0; stage < 4; ++stage, width *= 2) {
        for (int i = 0; i < blocks[static_cast<std::size_t>(stage)]; ++i) {
            const std::string name = "layer" + std::to_string(stage + 1) + "_" + std::to_string(i);
            x = block(b, name, x, width, stage != 0 && i == 0 ? 2 : 1);
        }
    }
    x = b.global_average("pool", x);
    return b.fully_connected("fc", x, 1000, activation::none);
}

}  // namespace

value_id resnet18(builder& b) {
    return resnet(b, {2, 2, 2, 2}, basic_block);
}

value_id resnet34(builder& b) {
    return resnet(b, {3, 4, 6, 3}, basic_block);
}

value_id resnet50(builder& b) {
    return resnet(b, {3, 4, 6, 3}, bottleneck);
}

value_id mobilenet_v2(builder& b) {
    value_id x = b.conv("conv1", b.input(3, 224), 32, {3, 2, 1}, activation::relu6);
    int number = 0;
    const auto stage = [&](int expansion, int outputs, int blocks, int first_stride) {
        for (int i = 0; i < blocks; ++i) {
            const std::string name = "block" + std::to_string(++number);
            const int inputs = b.channels(x);
            const int stride = i == 0 ? first_stride : 1;
            value_id y = x;
            if (expansion != 1) {
                y = b.conv(name + "_expand", y, expansion * inputs, {1}, activation::relu6);
            }
            y = b.depthwise(name + "_depthwise", y, stride, activation::relu6);
            y = b.conv(name + "_project", y, outputs, {1}, activation::none);
            const bool adds = stride == 1 && inputs == outputs;
            x = adds ? b.add(name + "_add", y, x, activation::none) : y;
        }
    };
    stage(1, 16, 1, 1);
    stage(6, 24, 2, 2);
    stage(6, 32, 3, 2);
    stage(6, 64, 4, 2);
    stage(6, 96, 3, 1);
    stage(6, 160, 3, 2);
    stage(6, 320, 1, 1);
    x = b.conv("conv2", x, 1280, {1}, activation::relu6);
    x = b.global_average("pool", x);
    return b.fully_connected("fc", x, 1000, activation::none);
}

}  // namespace pimvp::runner::zoo
