// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/accel/front_end.h>

using namespace pimvp;

class top : public accel::front_end, private accel::engine {
public:
    top(const sc_core::sc_module_name& name, core::context& context,
        const accel::front_end_params& params)
        : front_end(name, context, params, static_cast<accel::engine&>(*this)) {}

private:
    std::uint32_t family() const override { return 0x4E494D45U; }  // "EMIN"
    const accel::hash256& config_hash() const override { return m_config; }
    void load(std::uint64_t handle, accel::program_reader& image) override;  // may wait
    void unload(std::uint64_t handle) override;
    const std::vector<accel::tensor_descriptor>& tensors(std::uint64_t handle) const override;
    bool accepts(std::uint64_t handle) const override;
    void run(const accel::run_request& request) override;  // starts, returns; complete(request.run)
    void abort() override;                                 // ... when the outputs have been written
    void reset() override;

    accel::hash256 m_config{};
};
// page ends

accel::accelerator* make(core::context& context) {
    return new top("top", context, {});
}
