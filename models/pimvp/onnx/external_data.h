// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/sha256.h>
#include <pimvp/onnx/reporter.h>

#include <cstddef>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
}

/// Private to the room.
namespace pimvp::onnx::detail {

/// The files beside a model that hold its large tensors.
class external_data {
public:
    /// A model in memory: it has no files beside it.
    external_data() = default;
    /// Of the model file `path`.
    explicit external_data(const std::string& path);

    /// The `bytes` bytes of a tensor that says it lies outside. Refuses a location that is absolute
    /// or leaves the folder of the model, and a file that does not hold them.
    std::string read(const ::onnx::TensorProto& proto, std::size_t bytes, const std::string& where,
                     const reporter& report);

    /// SHA-256 of every tensor read, in order.
    [[nodiscard]] const std::vector<core::sha256_digest>& digests() const { return m_digests; }

private:
    std::string m_folder;
    bool m_has_folder = false;
    std::vector<core::sha256_digest> m_digests;
};

}  // namespace pimvp::onnx::detail
