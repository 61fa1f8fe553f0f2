// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/bus/node_message.h>
#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

#include <pimvp/core/clock.h>
#include <pimvp/core/context.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <systemc>
#include <tuple>
#include <utility>
#include <vector>

namespace noc_test {

/// One message as it came out of a network.
struct arrival {
    std::uint64_t at_fs = 0;
    std::size_t port = 0;
    pimvp::bus::node_message_header header;
    std::vector<std::uint8_t> bytes;

    friend bool operator==(const arrival& a, const arrival& b) {
        return std::tie(a.at_fs, a.port, a.header.destination, a.header.source, a.header.kind,
                        a.header.scope, a.bytes) == std::tie(b.at_fs, b.port, b.header.destination,
                                                             b.header.source, b.header.kind,
                                                             b.header.scope, b.bytes);
    }
};

/// What is attached to one port of a network: sends, and writes down what it receives.
class endpoint : public sc_core::sc_module, private pimvp::bus::service {
public:
    pimvp::bus::push_port out;
    pimvp::bus::service_port in;

    endpoint(const sc_core::sc_module_name& name, pimvp::core::context& context, std::size_t port,
             std::vector<arrival>& log)
        : sc_module(name),
          out("out", context),
          in("in", context, *this),
          m_port(port),
          m_log(log) {}

    void send(std::uint32_t destination, const std::vector<std::uint8_t>& bytes,
              const sc_core::sc_time& at = sc_core::SC_ZERO_TIME, std::uint32_t kind = 0,
              std::uint32_t scope = 0, std::uint32_t head_bytes = 0) {
        const pimvp::bus::node_message_header header{
            destination, static_cast<std::uint32_t>(m_port), kind, scope, head_bytes};
        auto message = out.pool().allocate_for(header, bytes.size());
        if (!bytes.empty()) {
            std::memcpy(message.data() + sizeof header, bytes.data(), bytes.size());
        }
        out.send(std::move(message), at);
    }

private:
    sc_core::sc_time occupancy(const tlm::tlm_generic_payload&) const override {
        return sc_core::SC_ZERO_TIME;
    }
    void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override {
        arrival a;
        a.at_fs = pimvp::core::to_fs(sc_core::sc_time_stamp() + at);
        a.port = m_port;
        a.header = pimvp::bus::header_of<pimvp::bus::node_message_header>(payload);
        const std::uint8_t* const tail =
            pimvp::bus::tail_of<pimvp::bus::node_message_header>(payload);
        a.bytes.assign(tail, tail + payload.get_data_length() - sizeof a.header);
        m_log.push_back(std::move(a));
    }

    std::size_t m_port;
    std::vector<arrival>& m_log;
};

/// An endpoint at each of `ports` ports of a network.
struct endpoints {
    std::vector<arrival> log;
    std::vector<std::unique_ptr<endpoint>> at;

    template <class Network>
    endpoints(const std::string& prefix, pimvp::core::context& context, Network& network) {
        for (std::size_t i = 0; i < network.in.size(); ++i) {
            const std::string name = prefix + "_" + std::to_string(i);
            at.push_back(std::make_unique<endpoint>(name.c_str(), context, i, log));
            at[i]->out.bind(network.in[i]);
            network.out[i].bind(at[i]->in);
        }
    }
};

}  // namespace noc_test
