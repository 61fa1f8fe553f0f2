// SPDX-License-Identifier: Apache-2.0
#include <pimvp/onnx/export.h>

#include <pimvp/core/diagnostics.h>
#include <pimvp/onnx/model_writer.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace pimvp::onnx {

std::string export_bytes(const nn::network& net) {
    return detail::model_writer(net).write();
}

void export_file(const nn::network& net, const std::string& path) {
    const std::string bytes = export_bytes(net);
    const std::string part = path + ".part";
    const auto fail = [&](const std::string& what) {
        const std::string why = std::strerror(errno);
        std::remove(part.c_str());
        throw core::user_error("",
                               what + " (" + why +
                                   "); check that the folder exists and can be "
                                   "written",
                               {path, 0, 0});
    };
    {
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        if (!file) fail("cannot be created");
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        file.close();
        if (!file) fail("cannot be written");
    }
    std::error_code status;
    std::filesystem::rename(part, path, status);
    if (status) {
        errno = status.value();
        fail("cannot be written");
    }
}

}  // namespace pimvp::onnx
