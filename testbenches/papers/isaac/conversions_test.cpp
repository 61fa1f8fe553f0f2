// SPDX-License-Identifier: Apache-2.0
#include "conversion_rows.h"

#include <support/catch.h>

#include <pimvp/reram/conversions.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace pimvp::reram;

namespace {

/// Layers of a network from kernel, channels and output extents.
struct network {
    std::vector<matrix_layer> convolutions;
    std::vector<matrix_layer> fully_connected;

    network& conv(unsigned kernel, unsigned in, unsigned out, unsigned extent, unsigned times = 1) {
        for (unsigned i = 0; i < times; ++i) {
            convolutions.push_back(
                {std::uint64_t{kernel} * kernel * in, out, std::uint64_t{extent} * extent, 1});
        }
        return *this;
    }
    network& depthwise(unsigned channels, unsigned extent) {
        convolutions.push_back({9, 1, std::uint64_t{extent} * extent, channels});
        return *this;
    }
    network& fc(unsigned in, unsigned out) {
        fully_connected.push_back({in, out, 1, 1});
        return *this;
    }

    [[nodiscard]] conversion_counts count(unsigned bits, bool with_fully_connected = true,
                                          const crossbar_shape& shape = {}) const {
        conversion_counts total;
        for (const auto& layer : convolutions) total += count_conversions(layer, bits, bits, shape);
        if (!with_fully_connected) return total;
        for (const auto& layer : fully_connected) {
            total += count_conversions(layer, bits, bits, shape);
        }
        return total;
    }
};

network vgg16() {
    network n;
    n.conv(3, 3, 64, 224).conv(3, 64, 64, 224).conv(3, 64, 128, 112).conv(3, 128, 128, 112);
    n.conv(3, 128, 256, 56).conv(3, 256, 256, 56, 2);
    n.conv(3, 256, 512, 28).conv(3, 512, 512, 28, 2).conv(3, 512, 512, 14, 3);
    return n.fc(512 * 7 * 7, 4096).fc(4096, 4096).fc(4096, 1000);
}

network resnet18() {
    network n;
    n.conv(7, 3, 64, 112).conv(3, 64, 64, 56, 4);
    n.conv(3, 64, 128, 28).conv(3, 128, 128, 28, 3).conv(1, 64, 128, 28);
    n.conv(3, 128, 256, 14).conv(3, 256, 256, 14, 3).conv(1, 128, 256, 14);
    n.conv(3, 256, 512, 7).conv(3, 512, 512, 7, 3).conv(1, 256, 512, 7);
    return n.fc(512, 1000);
}

network resnet50() {  // v1: the stride is in the first 1x1 of a stage
    network n;
    n.conv(7, 3, 64, 112);
    unsigned in = 64, extent = 56, middle = 64;
    for (const unsigned blocks : {3U, 4U, 6U, 3U}) {
        for (unsigned block = 0; block < blocks; ++block) {
            n.conv(1, in, middle, extent).conv(3, middle, middle, extent);
            n.conv(1, middle, 4 * middle, extent);
            if (block == 0) n.conv(1, in, 4 * middle, extent);
            in = 4 * middle;
        }
        middle *= 2;
        extent /= 2;
    }
    return n.fc(2048, 1000);
}

network squeezenet() {  // v1.0, 227 x 227; conv10 has a padding of 1
    network n;
    const auto fire = [&n](unsigned in, unsigned squeeze, unsigned expand, unsigned extent) {
        n.conv(1, in, squeeze, extent).conv(1, squeeze, expand, extent);
        n.conv(3, squeeze, expand, extent);
    };
    n.conv(7, 3, 96, 111);
    fire(96, 16, 64, 55), fire(128, 16, 64, 55), fire(128, 32, 128, 55);
    fire(256, 32, 128, 27), fire(256, 48, 192, 27), fire(384, 48, 192, 27);
    fire(384, 64, 256, 27), fire(512, 64, 256, 13);
    return n.conv(1, 512, 1000, 15);
}

network resnet20() {  // CIFAR-10, 1x1 shortcuts
    network n;
    n.conv(3, 3, 16, 32).conv(3, 16, 16, 32, 6);
    n.conv(3, 16, 32, 16).conv(3, 32, 32, 16, 5).conv(1, 16, 32, 16);
    n.conv(3, 32, 64, 8).conv(3, 64, 64, 8, 5).conv(1, 32, 64, 8);
    return n.fc(64, 10);
}

network mobilenet() {  // v1
    network n;
    n.conv(3, 3, 32, 112);
    const auto separable = [&n](unsigned in, unsigned out, unsigned extent) {
        n.depthwise(in, extent).conv(1, in, out, extent);
    };
    separable(32, 64, 112), separable(64, 128, 56), separable(128, 128, 56);
    separable(128, 256, 28), separable(256, 256, 28), separable(256, 512, 14);
    for (int i = 0; i < 5; ++i) separable(512, 512, 14);
    separable(512, 1024, 7), separable(1024, 1024, 7);
    return n.fc(1024, 1000);
}

network named(const std::string& name) {
    if (name == "vgg16") return vgg16();
    if (name == "resnet18") return resnet18();
    if (name == "resnet50") return resnet50();
    if (name == "squeezenet") return squeezenet();
    if (name == "mobilenet_v1") return mobilenet();
    return resnet20();
}

}  // namespace

TEST_CASE("D4_conversions_of_an_aligned_layer", "[isaac][papers][exact]") {
    crossbar_shape shape;
    const matrix_layer layer{2 * 128, 2 * 16, 7, 1};
    const auto wide = count_conversions(layer, 16, 16, shape);
    CHECK(wide.arrays == 4);
    CHECK(wide.conversions == wide.macs);  // 1.0 per 16 x 16-bit MAC
    CHECK(wide.conversions == wide.activations * 128 * 16);
    CHECK(4 * count_conversions({128, 32, 9, 1}, 8, 8, shape).conversions == 128 * 32 * 9);

    shape.unit_column = unit_column_kind::own_adc;
    const auto with_unit = count_conversions(layer, 16, 16, shape);
    CHECK(128 * with_unit.conversions == 129 * wide.conversions);
}

TEST_CASE("D4_conversions_of_vgg_16_convolutions", "[isaac][papers][exact]") {
    CHECK(thousandths(vgg16().count(16, false).conversions_per_mac()) == 1041);
    CHECK(thousandths(vgg16().count(8, false).conversions_per_mac()) == 260);
}

TEST_CASE("D4_conversions_of_networks", "[isaac][papers][exact]") {
    crossbar_shape used_only;
    used_only.convert_unused_columns = false;
    for (const conversion_row& expected : conversion_rows) {
        CAPTURE(expected.network);
        const network net = named(expected.network);
        const conversion_counts counts = net.count(8);
        CHECK(thousandths(counts.conversions_per_mac()) == expected.all_columns);
        CHECK(thousandths(net.count(8, true, used_only).conversions_per_mac()) ==
              expected.used_columns);
        const double unit = expected.macs_m < 100 ? 0.1 : 1.0;  // of the printed millions
        CHECK(std::abs(static_cast<double>(counts.conversions) * 1e-6 - expected.conversions_m) <=
              0.5 * unit);
        CHECK(std::abs(static_cast<double>(counts.macs) * 1e-6 - expected.macs_m) <= 0.5 * unit);
        CHECK(counts.arrays == expected.arrays);
    }
}

TEST_CASE("D11_arrays_that_hold_a_network", "[isaac][papers][exact]") {
    constexpr double chip = 16128;
    const auto wide = vgg16().count(16);
    CHECK(wide.arrays == 67576);
    CHECK(vgg16().count(16, false).arrays == 7192);
    CHECK(static_cast<double>(wide.arrays) / chip == Approx(4.19).epsilon(0.002));
    CHECK(vgg16().count(8).arrays == 33804);
    CHECK(vgg16().count(8, false).arrays == 3596);
    CHECK(std::ceil(33804 / chip) == 3);
    CHECK(resnet50().count(8).arrays == 6260);
}

TEST_CASE("D12_ideal_replication_of_the_first_layer", "[isaac][papers][exact]") {
    const network net = vgg16();
    CHECK(net.convolutions.front().windows / net.fully_connected.back().windows == 50176);
}
