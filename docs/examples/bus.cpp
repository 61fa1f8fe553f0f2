// SPDX-License-Identifier: Apache-2.0
// page begins
#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

class doubler : public sc_core::sc_module, private pimvp::bus::service {
public:
    pimvp::bus::service_port in;
    pimvp::bus::push_port out;

    doubler(const sc_core::sc_module_name& name, pimvp::core::context& context)
        : sc_module(name),
          in("in", context, *this),
          out("out", context) {}

private:
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        pimvp::bus::message result = out.pool().allocate(1);
        result.data()[0] = static_cast<std::uint8_t>(2 * payload.get_data_ptr()[0]);
        out.send(std::move(result), at);
    }
};
// page ends
