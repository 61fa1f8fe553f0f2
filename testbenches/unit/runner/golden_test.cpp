// SPDX-License-Identifier: Apache-2.0
// Are the reference's integers of the shipped network those of ONNX Runtime, in every layer?
// goldens/README.md says how ONNX Runtime's were made.
#include <pimvp/core/sha256.h>
#include <pimvp/nn/arithmetic.h>
#include <pimvp/nn/executor.h>
#include <pimvp/nn/npy.h>
#include <pimvp/runner/workload.h>

#include <support/catch.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace pimvp;

/// ONNX Runtime's answers.
struct goldens {
    struct tensor {
        nn::npy_array complete;  ///< a row for each of `complete_images`
        std::string sha256;      ///< over all images
    };
    std::string model_sha256;
    std::size_t images = 0;
    std::vector<std::size_t> complete_images;
    std::map<std::string, tensor> tensors;
    std::string output;
    nn::npy_array outputs;  ///< a row an image
};

goldens read_goldens() {
    const std::string folder = PIMVP_GOLDENS;
    std::ifstream file(folder + "/goldens.json");
    const auto json = nlohmann::json::parse(file);
    goldens read{json["model_sha256"],    json["images"],
                 json["complete_images"], {},
                 json["output"],          nn::read_npy(folder + "/outputs.npy")};
    for (const auto& tensor : json["tensors"]) {
        const auto path = folder + "/" + tensor["file"].get<std::string>();
        read.tensors.emplace(tensor["name"].get<std::string>(),
                             goldens::tensor{nn::read_npy(path), tensor["sha256"]});
    }
    return read;
}

runner::workload shipped_file() {
    const std::string folder = PIMVP_GLYPHS;
    runner::workload_options options;
    options.network = folder + "/model_int8.onnx";
    options.preprocess = folder + "/preprocess.yaml";
    options.input = folder + "/images.npy";
    return runner::load_workload(options, true);
}

/// What differs from the goldens.
struct verdict {
    std::uint64_t compared = 0, differing = 0;  ///< integers that are there one by one
    std::vector<std::string> hashes;            ///< tensors with another SHA-256
};

class comparison {
public:
    comparison(const nn::network& network, const goldens& expected)
        : m_network(network),
          m_expected(expected),
          m_all(network.values.size()) {
        REQUIRE(network.values.size() == expected.tensors.size());
        for (const nn::value& value : network.values) {
            INFO(value.name);
            REQUIRE(value.type.bytes() == 1);
            REQUIRE(expected.tensors.count(value.name) == 1);
            const nn::npy_array& golden = expected.tensors.at(value.name).complete;
            CHECK(golden.type() == (value.type.is_signed ? nn::npy_type::i8 : nn::npy_type::u8));
            REQUIRE(golden.dims() == rows(expected.complete_images.size(), value.dims));
        }
        const nn::value& output = network.values[network.outputs.at(0)];
        CHECK(output.name == expected.output);
        REQUIRE(expected.outputs.dims() == rows(expected.images, output.dims));
    }

    verdict run(const std::vector<std::vector<nn::float_tensor>>& inputs) {
        REQUIRE(inputs.size() == m_expected.images);
        nn::executor reference(m_network);
        for (std::size_t image = 0; image < inputs.size(); ++image) {
            const nn::tensor_type type = m_network.values[m_network.inputs[0]].type;
            reference.run({nn::quantise(inputs[image][0], type)});
            for (nn::value_id id = 0; id < m_all.size(); ++id) {
                const nn::integer_tensor& value = reference.value(id);
                m_all[id].append(value.bytes(), value.bytes() + value.byte_count());
            }
            const auto& kept = m_expected.complete_images;
            const auto row = std::find(kept.begin(), kept.end(), image);
            if (row != kept.end()) compare_all(reference, row - kept.begin());
            compare(reference.value(m_network.outputs[0]), m_expected.outputs,
                    static_cast<std::ptrdiff_t>(image));
        }
        for (nn::value_id id = 0; id < m_all.size(); ++id) {
            const std::string& name = m_network.values[id].name;
            if (core::sha256_hex(m_all[id]) != m_expected.tensors.at(name).sha256) {
                m_found.hashes.push_back(name);
            }
        }
        return m_found;
    }

private:
    static nn::shape rows(std::size_t count, nn::shape dims) {
        dims[0] = static_cast<std::int64_t>(count);
        return dims;
    }
    void compare_all(const nn::executor& reference, std::ptrdiff_t row) {
        for (nn::value_id id = 0; id < m_network.values.size(); ++id) {
            compare(reference.value(id), m_expected.tensors.at(m_network.values[id].name).complete,
                    row);
        }
    }
    void compare(const nn::integer_tensor& value, const nn::npy_array& golden, std::ptrdiff_t row) {
        const auto size = static_cast<std::ptrdiff_t>(value.byte_count());
        const auto expected = golden.bytes().begin() + row * size;
        for (std::ptrdiff_t i = 0; i < size; ++i) {
            if (value.bytes()[i] != expected[i]) ++m_found.differing;
        }
        m_found.compared += value.byte_count();
    }

    const nn::network& m_network;
    const goldens& m_expected;
    std::vector<std::string> m_all;  ///< every value's bytes, image after image
    verdict m_found;
};

void check_equal(const runner::workload& work, const goldens& expected) {
    const verdict found = comparison(work.network, expected).run(work.inputs);
    CHECK(found.compared > 250000);
    CHECK(found.differing == 0);
    CHECK(found.hashes == std::vector<std::string>{});
}

}  // namespace

TEST_CASE("runner.golden.shipped_integers_equal_onnx_runtime") {
    const goldens expected = read_goldens();
    const runner::workload work = shipped_file();
    INFO("goldens of another model_int8.onnx? scripts/refresh_goldens.sh makes them again");
    REQUIRE(work.network.sha256 == expected.model_sha256);
    check_equal(work, expected);
}

TEST_CASE("runner.golden.integers_quantised_from_float_equal_onnx_runtime") {
    runner::workload_options options;
    options.network = "glyphs";
    check_equal(runner::load_workload(options, true), read_goldens());
}

TEST_CASE("runner.golden.a_weight_changed_by_one_step_is_noticed") {
    const goldens expected = read_goldens();
    runner::workload work = shipped_file();
    int changed = 0;
    for (nn::node& node : work.network.nodes) {
        if (!node.is_matrix()) continue;
        INFO(node.name);
        const std::size_t middle = node.weights.size() / 2;
        const int before = node.weights.at(middle);
        node.weights.set(middle, before > 0 ? before - 1 : before + 1);
        const verdict found = comparison(work.network, expected).run(work.inputs);
        node.weights.set(middle, before);
        CHECK(found.differing > 0);
        REQUIRE(!found.hashes.empty());
        CHECK(found.hashes.front() == work.network.values[node.output].name);
        CHECK(found.hashes.back() == expected.output);
        ++changed;
    }
    CHECK(changed == 9);
}
