// SPDX-License-Identifier: Apache-2.0
// Tensors in files beside the model, and the element types of initialisers.
#include "model_builder.h"

#include <pimvp/core/diagnostics.h>

#include <support/catch.h>
#include <support/random.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace {

using onnx_test::model_builder;
using onnx_test::run;
using floats = std::vector<float>;

/// A folder that goes when the test ends.
struct folder {
    std::filesystem::path path;

    explicit folder(std::uint64_t stream) {
        support::generator random(stream);
        path = std::filesystem::temp_directory_path() /
               ("pimvp_external_" + std::to_string(random.next()));
        std::filesystem::create_directory(path);
    }
    ~folder() { std::filesystem::remove_all(path); }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path / name, std::ios::binary) << bytes;
    }
};

std::string bytes_of(const floats& values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

/// y = x w with w beside the model.
model_builder outside(const char* location, const char* offset, const char* length) {
    model_builder b;
    b.input("x", {1, 2}).output("y");
    auto& w = b.reals("w", {2, 2}, {});
    w.set_data_location(::onnx::TensorProto::EXTERNAL);
    const auto entry = [&](const char* key, const char* value) {
        if (value == nullptr) return;
        auto& pair = *w.add_external_data();
        pair.set_key(key);
        pair.set_value(value);
    };
    entry("location", location);
    entry("offset", offset);
    entry("length", length);
    b.node("MatMul", {"x", "w"}, {"y"}).named("fc");
    return b;
}

}  // namespace

TEST_CASE("onnx.external_data.lies_beside_the_model") {
    const folder here(101);
    here.write("weights.bin", std::string(8, 'x') + bytes_of({1, 2, 3, 4}));
    here.write("model.onnx", outside("weights.bin", "8", "16").bytes());
    const std::string path = (here.path / "model.onnx").string();
    const auto file = pimvp::onnx::import_file(path);
    CHECK(run(*file.floating, {{1, 10}}).data == floats{31, 42});
    // Other weights are another network, though the model is the same file.
    here.write("weights.bin", std::string(8, 'x') + bytes_of({1, 2, 3, 5}));
    CHECK(pimvp::onnx::import_file(path).floating->sha256 != file.floating->sha256);
}

TEST_CASE("onnx.external_data.never_leaves_the_folder_and_never_reads_short") {
    const folder here(102);
    here.write("weights.bin", bytes_of({1, 2, 3, 4}));
    const auto refusal = [&](const char* location, const char* offset, const char* length) {
        here.write("model.onnx", outside(location, offset, length).bytes());
        try {
            pimvp::onnx::import_file((here.path / "model.onnx").string());
        } catch (const pimvp::core::user_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const auto says = [](const std::string& message, const char* what) {
        INFO(message);
        CHECK(message.find("initialiser 'w'") != std::string::npos);
        CHECK(message.find(what) != std::string::npos);
    };
    CHECK(refusal("weights.bin", nullptr, nullptr).empty());
    CHECK(refusal("./weights.bin", "0", "16").empty());
    says(refusal("/etc/passwd", nullptr, nullptr), "outside the folder");
    says(refusal("../weights.bin", nullptr, nullptr), "outside the folder");
    says(refusal("a/../../weights.bin", nullptr, nullptr), "outside the folder");
    says(refusal("", nullptr, nullptr), "outside the folder");
    says(refusal("none.bin", nullptr, nullptr), "does not exist");
    says(refusal(".", nullptr, nullptr), "does not exist or is no file");
    says(refusal("weights.bin", "1", nullptr), "ends before byte 1 + 16");
    says(refusal("weights.bin", "18446744073709551615", nullptr), "ends before byte");
    says(refusal("weights.bin", "-1", nullptr), "is no number");
    says(refusal("weights.bin", "0", "12"), "takes 12 bytes");
    says(onnx_test::refusal_of(outside("weights.bin", nullptr, nullptr).bytes()),
         "a model in memory has none");
}

TEST_CASE("onnx.initialiser.reals_of_every_type") {
    // 1.5, -2, 0.25, 3 in each.
    const auto check = [](int type, const std::vector<std::int64_t>& typed,
                          const std::string& raw) {
        for (const bool as_raw : {false, true}) {
            model_builder b;
            b.input("x", {1, 2}).output("y");
            auto& w = *b.model.mutable_graph()->add_initializer();
            w.set_name("w");
            w.set_data_type(type);
            w.add_dims(2);
            w.add_dims(2);
            if (as_raw) {
                w.set_raw_data(raw);
            } else {
                for (const std::int64_t each : typed) {
                    w.add_int32_data(static_cast<std::int32_t>(each));
                }
            }
            b.node("MatMul", {"x", "w"}, {"y"});
            CHECK(run(*b.import().floating, {{1, 1}}).data == floats{1.75F, 1.0F});
        }
    };
    const auto pack = [](const std::vector<std::int64_t>& values) {
        std::string raw;
        for (const std::int64_t value : values) {
            raw += static_cast<char>(value & 255);
            raw += static_cast<char>(value >> 8);
        }
        return raw;
    };
    const std::vector<std::int64_t> half{0x3E00, 0xC000, 0x3400, 0x4200};
    const std::vector<std::int64_t> bfloat{0x3FC0, 0xC000, 0x3E80, 0x4040};
    check(::onnx::TensorProto::FLOAT16, half, pack(half));
    check(::onnx::TensorProto::BFLOAT16, bfloat, pack(bfloat));
}
