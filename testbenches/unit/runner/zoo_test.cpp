// SPDX-License-Identifier: Apache-2.0
// Do the networks of the zoo have the published shapes, and do their activations live?
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/fingerprint.h>
#include <pimvp/onnx/export.h>
#include <pimvp/onnx/import.h>
#include <pimvp/runner/workload.h>
#include <pimvp/runner/zoo/zoo.h>

#include <support/catch.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace pimvp;
namespace zoo = runner::zoo;

std::uint64_t weights_of(const nn::network& net) {
    std::uint64_t count = 0;
    for (const nn::node& n : net.nodes) count += n.weights.size();
    return count;
}

std::uint64_t outputs_of(const nn::network& net, nn::op_kind kind) {
    std::uint64_t count = 0;
    for (const nn::node& n : net.nodes) {
        if (n.kind == kind) count += static_cast<std::uint64_t>(n.weights.dims()[0]);
    }
    return count;
}

/// What torchvision counts as parameters.
enum class parameters {
    biases,     ///< weights, a bias an output
    batch_norm  ///< weights, two numbers an output of a convolution, a bias a class
};

struct published {
    const char* name;
    double macs_m;  ///< as printed
    double unit_m;  ///< of its last digit
    std::uint64_t parameters_in_all;
    parameters counted;
};

/// The share of one integer, and of the highest and lowest, in a value.
struct activity {
    double zeros = 0.0, saturated = 0.0;
};

activity activity_of(const nn::integer_tensor& tensor) {
    const nn::tensor_type& type = tensor.type();
    std::size_t zeros = 0;
    std::size_t ends = 0;
    for (std::size_t i = 0; i < tensor.size(); ++i) {
        const int x = tensor.at(i);
        zeros += x == type.zero_point ? 1 : 0;
        ends += x == type.highest() || (type.zero_point != 0 && x == type.lowest()) ? 1 : 0;
    }
    const auto all = static_cast<double>(tensor.size());
    return {static_cast<double>(zeros) / all, static_cast<double>(ends) / all};
}

}  // namespace

TEST_CASE("runner.zoo.shapes_are_the_published_ones") {
    // Parameters: torchvision's model table; googlenet: bvlc_googlenet without its auxiliary
    // classifiers; squeezenet: 1.248424 M; mobilenet_v1: 4.2 M, counted with batch norm.
    const std::vector<published> rows{
        {"alexnet", 714, 1, 61'100'840, parameters::biases},
        {"vgg11", 7609, 1, 132'863'336, parameters::biases},
        {"vgg16", 15470, 1, 138'357'544, parameters::biases},
        {"squeezenet", 861, 1, 1'248'424, parameters::biases},
        {"googlenet", 1583, 1, 6'998'552, parameters::biases},
        {"resnet18", 1814, 1, 11'689'512, parameters::batch_norm},
        {"resnet34", 3664, 1, 21'797'672, parameters::batch_norm},
        {"resnet50", 3858, 1, 25'557'032, parameters::batch_norm},
        {"mobilenet_v1", 569, 1, 4'231'976, parameters::batch_norm},
        {"mobilenet_v2", 301, 1, 3'504'872, parameters::batch_norm},
        {"vgg9", 158, 1, 6'400'586, parameters::biases},
    };
    std::set<std::string> seen;
    for (const published& row : rows) {
        CAPTURE(row.name);
        const nn::network net = zoo::outline(row.name);
        seen.insert(row.name);
        CHECK(static_cast<double>(net.macs()) * 1e-6 == Approx(row.macs_m).margin(row.unit_m / 2));
        const std::uint64_t classes = outputs_of(net, nn::op_kind::fully_connected);
        const std::uint64_t channels = outputs_of(net, nn::op_kind::convolution);
        const std::uint64_t others =
            classes + (row.counted == parameters::batch_norm ? 2 : 1) * channels;
        CHECK(weights_of(net) + others == row.parameters_in_all);
    }
    CHECK(seen == std::set<std::string>(zoo::names().begin(), zoo::names().end()));
}

TEST_CASE("runner.zoo.outline_has_the_shapes_and_scales_of_the_network") {
    const nn::network full = zoo::build("vgg9", 1);
    const nn::network outline = zoo::outline("vgg9");
    REQUIRE(full.nodes.size() == outline.nodes.size());
    for (std::size_t i = 0; i < full.nodes.size(); ++i) {
        CHECK(full.nodes[i].name == outline.nodes[i].name);
        CHECK(full.nodes[i].weights.dims() == outline.nodes[i].weights.dims());
    }
    for (std::size_t i = 0; i < full.values.size(); ++i) {
        CHECK(full.values[i].dims == outline.values[i].dims);
        CHECK(full.values[i].type == outline.values[i].type);
    }
}

TEST_CASE("runner.zoo.name_and_seed_decide_the_integers") {
    const nn::network one = zoo::build("vgg9", 1);
    CHECK(one.name == "vgg9");
    CHECK(one.weights == "synthetic");
    // The same on every host: a change needs a reason in its commit.
    CHECK(nn::fingerprint(one) ==
          "c0393d0aca7d17a39378f5b53bc11de64995939c3f6f8cfd3596f45b25a092a0");
    CHECK(nn::fingerprint(zoo::build("vgg9", 2)) != nn::fingerprint(one));
    CHECK(zoo::image(one, 1, 0).data == zoo::image(one, 1, 0).data);
    CHECK(zoo::image(one, 1, 0).data != zoo::image(one, 1, 1).data);
    CHECK(zoo::image(one, 1, 0).data != zoo::image(one, 2, 0).data);
    CHECK_THROWS_WITH(zoo::build("resnet19", 1), Catch::Contains("did you mean 'resnet18'"));
}

TEST_CASE("runner.zoo.activations_neither_die_nor_saturate", "[slow]") {
    // The bands of docs/guide/networks.md, for every ReLU and every linear output.
    for (const char* name : {"vgg9", "squeezenet", "mobilenet_v1", "mobilenet_v2", "resnet18"}) {
        for (const std::uint64_t seed : {1U, 2U}) {
            const nn::network net = zoo::build(name, seed);
            nn::executor reference(net);
            reference.run({nn::quantise(zoo::image(net, seed, 0), net.values[net.inputs[0]].type)});
            for (const nn::node& n : net.nodes) {
                if (!n.is_matrix()) continue;
                CAPTURE(name, seed, n.name);
                const activity seen = activity_of(reference.value(n.output));
                const bool is_relu = net.values[n.output].type.zero_point == 0;
                CHECK(seen.saturated < 0.05);
                if (is_relu) CHECK(seen.zeros > 0.45);
                if (is_relu) CHECK(seen.zeros < 0.80);
                if (!is_relu) CHECK(seen.zeros < 0.15);
            }
        }
    }
}

TEST_CASE("runner.zoo.survives_export_and_import") {
    const nn::network net = zoo::build("vgg9", 1);
    const onnx::imported again = onnx::import_bytes(onnx::export_bytes(net), "vgg9.onnx");
    REQUIRE(again.is_integer());
    CHECK(nn::fingerprint(*again.integer) == nn::fingerprint(net));
    CHECK(again.integer->weights == "synthetic");
}

TEST_CASE("runner.workload.zoo_networks_come_with_images") {
    runner::workload_options options;
    options.network = "vgg9";
    CHECK(runner::load_workload(options, false).inputs.empty());
    const runner::workload one = runner::load_workload(options, true);
    CHECK(one.inputs.size() == 1);
    options.images = "1-2";
    const runner::workload two = runner::load_workload(options, true);
    REQUIRE(two.inputs.size() == 2);
    CHECK(two.inputs[0][0].data == zoo::image(two.network, 1, 1).data);
    options.seed = 2;
    CHECK(nn::fingerprint(runner::load_workload(options, false).network) !=
          nn::fingerprint(one.network));
}
