// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/external_data.h>

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>

namespace pimvp::onnx::detail {

namespace {

/// Inside the folder of the model: relative, and never upwards.
bool stays_inside(const std::string& location) {
    const std::filesystem::path path(location);
    return !location.empty() && path.is_relative() && location.find('\\') == std::string::npos &&
           location.find('\0') == std::string::npos &&
           std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

}  // namespace

external_data::external_data(const std::string& path)
    : m_folder(std::filesystem::path(path).parent_path().string()),
      m_has_folder(true) {}

std::string external_data::read(const ::onnx::TensorProto& proto, std::size_t bytes,
                                const std::string& where, const reporter& report) {
    std::string location;
    std::uint64_t offset = 0;
    std::uint64_t length = bytes;
    for (const auto& entry : proto.external_data()) {
        const std::string& text = entry.value();
        if (entry.key() == "location") location = text;
        if (entry.key() != "offset" && entry.key() != "length") continue;
        std::uint64_t& number = entry.key() == "offset" ? offset : length;
        const auto end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, number);
        if (parsed.ec != std::errc() || parsed.ptr != end) {
            report.fail(where, "the " + entry.key() + " of its external data, " +
                                   core::quoted(text) + ", is no number; export the model again");
        }
    }
    const std::string file = "its data lie in an external file (" + core::quoted(location) + ")";
    if (!m_has_folder) {
        report.fail(where, file +
                               ", and a model in memory has none; save the model with the data "
                               "inside (onnx.save_model(..., save_as_external_data=False))");
    }
    if (!stays_inside(location)) {
        report.fail(where, file +
                               " outside the folder of the model; put it beside the model and "
                               "name it by a relative path without '..'");
    }
    if (length != bytes) {
        report.fail(where, file + " of which it takes " + std::to_string(length) +
                               " bytes, but its shape and type need " + std::to_string(bytes) +
                               "; export the model again");
    }
    const std::filesystem::path path = std::filesystem::path(m_folder) / location;
    std::error_code failure;
    const bool regular = std::filesystem::is_regular_file(path, failure);
    const std::uint64_t size = regular ? std::filesystem::file_size(path, failure) : 0;
    if (!regular || failure) {
        report.fail(where, file + " that does not exist or is no file; put it beside the model");
    }
    if (offset > size || length > size - offset) {
        report.fail(where, file + " of " + std::to_string(size) +
                               " bytes, which ends before byte " + std::to_string(offset) + " + " +
                               std::to_string(length) +
                               "; the file is truncated or belongs to another model");
    }
    std::string data(bytes, '\0');
    std::ifstream in(path, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(data.data(), static_cast<std::streamsize>(bytes));
    if (!in) report.fail(where, file + " that cannot be read; check its permissions");
    m_digests.push_back(core::sha256(data));
    return data;
}

}  // namespace pimvp::onnx::detail
