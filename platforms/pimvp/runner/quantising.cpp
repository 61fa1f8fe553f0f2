// SPDX-License-Identifier: Apache-2.0
#include <pimvp/runner/quantising.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/core/sha256.h>
#include <pimvp/onnx/export.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace pimvp::runner {
namespace {

/// Empty if there is no such file.
std::string sha256_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    return core::sha256_hex(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

nn::network quantise_to(const std::string& path, const workload_options& source) {
    if (std::filesystem::path(path).extension() != ".onnx") {
        throw core::user_error(
            "--out", core::quoted(path) +
                         " must end in .onnx: that is how --network tells a file from a name");
    }
    workload work = load_workload(source, false);
    if (!work.floating) {
        throw core::user_error(source.network,
                               "is an integer network already: run it as it is, or quantise its "
                               "float original");
    }
    if (sha256_of(path) == work.floating->sha256) {
        throw core::user_error("--out", core::quoted(path) +
                                            " is the float network, which would be lost: choose "
                                            "another name");
    }
    onnx::export_file(work.network, path);
    return std::move(work.network);
}

}  // namespace pimvp::runner
