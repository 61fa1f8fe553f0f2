// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/zoo/networks.h>

#include <initializer_list>
#include <string>

namespace pimvp::runner::zoo {
namespace {

std::string numbered(const char* name, int number) {
    return name + std::to_string(number);
}

/// Stacks of 3x3 convolutions, each closed by a 2x2 pool. `stages`: channels, by stage.
value_id vgg_features(builder& b, value_id x,
                      std::initializer_list<std::initializer_list<int>> stages) {
    int conv = 0;
    int pool = 0;
    for (const auto& stage : stages) {
        for (const int channels : stage)
            x = b.conv(numbered("conv", ++conv), x, channels, {3, 1, 1});
        x = b.max_pool(numbered("pool", ++pool), x, {2, 2});
    }
    return x;
}

value_id classifier(builder& b, value_id x, int features, int classes) {
    x = b.fully_connected("fc1", x, features);
    x = b.fully_connected("fc2", x, features);
    return b.fully_connected("fc3", x, classes, activation::none);
}

}  // namespace

value_id alexnet(builder& b) {
    value_id x = b.conv("conv1", b.input(3, 224), 64, {11, 4, 2});
    x = b.max_pool("pool1", x, {3, 2});
    x = b.conv("conv2", x, 192, {5, 1, 2});
    x = b.max_pool("pool2", x, {3, 2});
    x = b.conv("conv3", x, 384, {3, 1, 1});
    x = b.conv("conv4", x, 256, {3, 1, 1});
    x = b.conv("conv5", x, 256, {3, 1, 1});
    x = b.max_pool("pool3", x, {3, 2});
    return classifier(b, x, 4096, 1000);
}

value_id vgg9(builder& b) {
    const value_id x = vgg_features(b, b.input(3, 32), {{64, 64}, {128, 128}, {256, 256}});
    return classifier(b, x, 1024, 10);
}

value_id vgg11(builder& b) {
    const value_id x =
        vgg_features(b, b.input(3, 224), {{64}, {128}, {256, 256}, {512, 512}, {512, 512}});
    return classifier(b, x, 4096, 1000);
}

value_id vgg16(builder& b) {
    const value_id x =
        vgg_features(b, b.input(3, 224),
                     {{64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}});
    return classifier(b, x, 4096, 1000);
}

value_id mobilenet_v1(builder& b) {
    value_id x = b.conv("conv1", b.input(3, 224), 32, {3, 2, 1});
    int block = 0;
    const auto separable = [&](int outputs, int stride) {
        const std::string name = numbered("block", ++block);
        x = b.depthwise(name + "_depthwise", x, stride, activation::relu);
        x = b.conv(name + "_pointwise", x, outputs, {1});
    };
    separable(64, 1);
    separable(128, 2);
    separable(128, 1);
    separable(256, 2);
    separable(256, 1);
    separable(512, 2);
    for (int i = 0; i < 5; ++i) separable(512, 1);
    separable(1024, 2);
    separable(1024, 1);
    x = b.global_average("pool", x);
    return b.fully_connected("fc", x, 1000, activation::none);
}

}  // namespace pimvp::runner::zoo
