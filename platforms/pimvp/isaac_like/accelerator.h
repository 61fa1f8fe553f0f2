// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/isaac_like/chip.h>
#include <pimvp/isaac_like/io_tensors.h>
#include <pimvp/isaac_like/params.h>

#include <pimvp/accel/engine.h>
#include <pimvp/accel/front_end.h>
#include <pimvp/noc/hyper_transport.h>
#include <pimvp/reram/activation_observer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

namespace pimvp::isaac_like {

/// An ISAAC-like ReRAM accelerator: layers resident on the crossbars of its tiles, windows
/// streaming through them, several inferences in flight.
///
/// **Interface** the four connections of accel::front_end (`regs`, `dma`, `irq`, `rst`).
///
/// **Timing** LOAD reads the program by DMA, sends tiles their stages and cells over HyperTransport
/// and mesh, and ends when the last array is written. RUN reads its inputs in blocks of rows, sends
/// pixels to the tiles that want them, and writes its outputs when their last pixel has come back.
/// In between everything is a consequence of messages between tiles (reram::tile). UNLOAD waits, in
/// cycles of the crossbars, until the tiles have also done what no output needs.
///
/// **Errors** A LOAD whose image cannot be read to its end writes zeros into the remaining arrays,
/// a RUN whose input cannot be read computes with zeros: everything sent has arrived before the job
/// fails.
///
/// **Checkpoints** hold each resident program and its cells as read from the arrays; a restored
/// program counts its inferences from 0.
///
/// **Limits** Tensors in memory are dense. The interval of a stream is no shorter than that of the
/// slowest layer: the windows of its busiest copy times its bit cycles.
///
/// **Example**
/// \code
///     board::accelerator_types types;
///     types.add<isaac_like::accelerator, isaac_like::isaac_like_params>("isaac_like", "ReRAM");
/// \endcode
///
/// **Source** ISAAC, ISCA 2016.
class accelerator : public accel::front_end, private accel::engine {
public:
    accelerator(const sc_core::sc_module_name& name, core::context& context,
                const isaac_like_params& params,
                const reram::parts& parts = reram::parts::defaults());
    ~accelerator() override;

    const char* kind() const override { return "pimvp::isaac_like::accelerator"; }

    /// Tells `observer` (null: nobody) about every pixel any tile delivers.
    void observe(reram::activation_observer* observer);
    [[nodiscard]] std::string pending() const override;
    [[nodiscard]] const std::vector<std::unique_ptr<chip>>& chips() const { return m_chips; }

private:
    /// What comes back from the tiles.
    class inlet_service final : public bus::service {
    public:
        explicit inlet_service(accelerator& owner)
            : m_owner(owner) {}

    private:
        [[nodiscard]] tlm::tlm_response_status check(
            const tlm::tlm_generic_payload& payload) const override;
        void execute(tlm::tlm_generic_payload& payload, const sc_core::sc_time& at) override;
        accelerator& m_owner;
    };
    struct resident_program {
        std::uint32_t number = 0;  ///< as the tiles know it
        spatial_program program;
        std::vector<accel::tensor_descriptor> tensors;
        std::uint32_t inferences = 0;  ///< started since the last abort
        /// Per input and route: which pixels go there.
        std::vector<std::vector<reram::pixel_set>> wanted;
        /// Likewise: pixels, counted over all inferences, that find room at the reader.
        std::vector<std::vector<std::uint64_t>> room;

        std::uint32_t tiles_loading = 0;

        void prepare_routes();
        void forget_grants();
        [[nodiscard]] bool has_room(std::size_t input, std::uint64_t pixel) const;
    };
    /// How far an input of a run has been sent.
    struct feeding {
        explicit feeding(std::size_t routes)
            : gathered(routes, 0) {}

        input_rows rows;
        std::uint32_t pixel = 0;              ///< next
        std::vector<std::uint32_t> gathered;  ///< per route: pixels before it that wait for more
    };
    /// A RUN on its way through the tiles.
    struct flight {
        accel::run_request request;
        resident_program* program = nullptr;
        std::uint32_t inference = 0;
        std::unique_ptr<output_collector> outputs;
        bool is_fed = false;  ///< its inputs have been read
        std::optional<accel::job_fault> fault;
    };

    // accel::engine
    [[nodiscard]] std::uint32_t family() const override { return family_id; }
    [[nodiscard]] const accel::hash256& config_hash() const override { return m_config_hash; }
    void load(std::uint64_t handle, accel::program_reader& image) override;
    void unload(std::uint64_t handle) override;
    [[nodiscard]] const std::vector<accel::tensor_descriptor>& tensors(
        std::uint64_t handle) const override;
    [[nodiscard]] bool accepts(std::uint64_t handle) const override;
    void run(const accel::run_request& request) override;
    void abort() override;
    void reset() override;
    void set_power(core::power_state state) override { m_links.set_power(state); }
    [[nodiscard]] std::string unfinished() const override;
    void save_program(std::uint64_t handle, core::byte_writer& to) const override;
    void restore_program(std::uint64_t handle, core::byte_reader& from) override;

    std::optional<accel::job_fault> send_program(accel::program_reader& image,
                                                 resident_program& fresh, std::uint64_t cells);
    [[nodiscard]] bool is_idle(const resident_program& program) const;
    void forget(std::uint64_t handle);
    void feed_inputs();    // process: memory -> pixels
    void write_outputs();  // process: pixels -> memory
    void feed(flight& f);
    [[nodiscard]] bool send_input(flight& f, std::uint32_t input, feeding& at);
    [[nodiscard]] input_rows read_rows(flight& f, std::uint32_t input, std::uint32_t first);
    void send_pixels(const flight& f, const io_tensor& in, const reram::route& to,
                     const input_rows& block, std::uint32_t first, std::uint32_t pixels);
    void finish(const std::shared_ptr<flight>& f);
    void receive(const tlm::tlm_generic_payload& payload);
    void grant(const tlm::tlm_generic_payload& payload);
    [[nodiscard]] reram::tile* tile_at(std::uint32_t node) const;

    const isaac_like_params m_params;
    const noc::node_map m_nodes;
    const reram::tile_limits m_limits;
    const accel::hash256 m_config_hash;
    inlet_service m_inlet{*this};
    noc::hyper_transport m_links;
    bus::push_port m_to_links;
    bus::service_port m_from_links;
    std::vector<std::unique_ptr<chip>> m_chips;

    std::map<std::uint64_t, std::unique_ptr<resident_program>> m_residents;  ///< by handle
    std::uint32_t m_programs = 0;
    std::deque<std::shared_ptr<flight>> m_to_feed;
    std::deque<std::shared_ptr<flight>> m_flights;  ///< all, oldest first
    std::deque<std::shared_ptr<flight>> m_to_write;
    std::uint64_t m_epoch = 0;  ///< counts aborts
    sc_core::sc_event m_loaded{"loaded"};
    sc_core::sc_event m_feed{"feed"};
    sc_core::sc_event m_room{"room"};
    sc_core::sc_event m_write{"write"};
};

}  // namespace pimvp::isaac_like
