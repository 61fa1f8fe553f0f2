// SPDX-License-Identifier: Apache-2.0
#include <pimvp/bus/push_port.h>
#include <pimvp/bus/service_port.h>

struct node {
    pimvp::bus::push_port to_mesh;
    pimvp::bus::service_port from_mesh;
};

// page begins
#include <pimvp/noc/c_mesh.h>

using namespace pimvp;

void connect(noc::c_mesh& mesh, std::vector<node>& nodes) {  // tiles, then the I/O port
    for (std::size_t i = 0; i <= mesh.tiles(); ++i) {
        nodes[i].to_mesh.bind(mesh.in[i]);     // bus::push_port
        mesh.out[i].bind(nodes[i].from_mesh);  // bus::service_port
    }
}

void send(noc::c_mesh& mesh, bus::push_port& port, std::uint32_t my_kind, std::uint32_t layer) {
    const bus::node_message_header to{mesh.map().tile(0, 17), mesh.map().tile(0, 3), my_kind,
                                      layer};
    port.send(port.pool().allocate_for(to, 64));  // 64 bytes behind the header
}
// page ends
