// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/zoo/networks.h>

#include <string>

namespace pimvp::runner::zoo {

value_id squeezenet(builder& b) {
    value_id x = b.conv("conv1", b.input(3, 227), 96, {7, 2});
    x = b.max_pool("pool1", x, {3, 2});
    int number = 1;
    const auto fire = [&](int squeeze, int expand) {
        const std::string name = "fire" + std::to_string(++number);
        x = b.conv(name + "_squeeze", x, squeeze, {1});
        const value_id small = b.conv(name + "_expand1", x, expand, {1});
        const value_id large = b.conv(name + "_expand3", x, expand, {3, 1, 1});
        x = b.concat(name, {small, large});
    };
    fire(16, 64);
    fire(16, 64);
    fire(32, 128);
    x = b.max_pool("pool4", x, {3, 2});
    fire(32, 128);
    fire(48, 192);
    fire(48, 192);
    fire(64, 256);
    x = b.max_pool("pool8", x, {3, 2});
    fire(64, 256);
    x = b.conv("conv10", x, 1000, {1, 1, 1});
    return b.global_average("pool10", x);
}

value_id googlenet(builder& b) {
    value_id x = b.conv("conv1", b.input(3, 224), 64, {7, 2, 3});
    x = b.max_pool("pool1", x, {3, 2, 0, true});
    x = b.conv("conv2_reduce", x, 64, {1});
    x = b.conv("conv2", x, 192, {3, 1, 1});
    x = b.max_pool("pool2", x, {3, 2, 0, true});
    const auto inception = [&](const std::string& number, int one, int reduce3, int three,
                               int reduce5, int five, int pooled) {
        const std::string name = "inception" + number;
        const value_id a = b.conv(name + "_1x1", x, one, {1});
        value_id c = b.conv(name + "_3x3_reduce", x, reduce3, {1});
        c = b.conv(name + "_3x3", c, three, {3, 1, 1});
        value_id d = b.conv(name + "_5x5_reduce", x, reduce5, {1});
        d = b.conv(name + "_5x5", d, five, {5, 1, 2});
        value_id e = b.max_pool(name + "_pool", x, {3, 1, 1});
        e = b.conv(name + "_pool_proj", e, pooled, {1});
        x = b.concat(name, {a, c, d, e});
    };
    inception("3a", 64, 96, 128, 16, 32, 32);
    inception("3b", 128, 128, 192, 32, 96, 64);
    x = b.max_pool("pool3", x, {3, 2, 0, true});
    inception("4a", 192, 96, 208, 16, 48, 64);
    inception("4b", 160, 112, 224, 24, 64, 64);
    inception("4c", 128, 128, 256, 24, 64, 64);
    inception("4d", 112, 144, 288, 32, 64, 64);
    inception("4e", 256, 160, 320, 32, 128, 128);
    x = b.max_pool("pool4", x, {3, 2, 0, true});
    inception("5a", 256, 160, 320, 32, 128, 128);
    inception("5b", 384, 192, 384, 48, 128, 128);
    x = b.global_average("pool5", x);
    return b.fully_connected("fc", x, 1000, activation::none);
}

}  // namespace pimvp::runner::zoo
