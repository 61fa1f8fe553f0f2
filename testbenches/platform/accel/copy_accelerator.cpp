// SPDX-License-Identifier: Apache-2.0
#include <platform/accel/copy_accelerator.h>

#include <pimvp/core/clock.h>

#include <algorithm>
#include <cstring>

namespace support {

using namespace pimvp;

namespace {

constexpr std::uint32_t program_section = 256;
constexpr std::uint32_t weights_section = 257;
constexpr std::uint64_t largest = 1U << 20U;  ///< tensor or weights, bytes

std::vector<accel::tensor_descriptor> tensors_of(const copy_program& program) {
    const auto role = [](accel::tensor_role r) { return static_cast<std::uint32_t>(r); };
    std::vector<accel::tensor_descriptor> tensors{
        {role(accel::tensor_role::input), 1, program.bytes},
        {role(accel::tensor_role::output), 1, program.bytes}};
    if (program.has_state != 0) tensors.push_back({role(accel::tensor_role::state), 1, 1});
    return tensors;
}

}  // namespace

std::vector<std::uint8_t> copy_image(const copy_program& program, std::size_t weights) {
    const auto tensors = tensors_of(program);
    accel::program_header header;
    header.family = copy_family;
    header.config_hash.fill(0xC0);
    header.sections = 3;
    const std::vector<accel::section_entry> table{
        {static_cast<std::uint32_t>(accel::section_kind::tensors), 0, 256,
         tensors.size() * sizeof tensors[0]},
        {program_section, 0, 320, sizeof program},
        {weights_section, 0, 384, weights}};
    header.total_bytes = 384 + weights;
    std::vector<std::uint8_t> image(header.total_bytes, 1);
    std::memcpy(image.data(), &header, sizeof header);
    std::memcpy(image.data() + sizeof header, table.data(), table.size() * sizeof table[0]);
    std::memcpy(image.data() + 256, tensors.data(), tensors.size() * sizeof tensors[0]);
    std::memcpy(image.data() + 320, &program, sizeof program);
    return image;
}

copy_accelerator::copy_accelerator(const sc_core::sc_module_name& name, core::context& context,
                                   const copy_params& params)
    : front_end(name, context, params.front_end, *this),
      m_copy(params) {
    m_hash.fill(0xC0);
    for (std::uint32_t i = 0; i < params.workers; ++i) {
        m_workers.push_back(std::make_unique<worker>());
        worker& added = *m_workers.back();
        const std::string thread = "worker" + std::to_string(i);
        sc_core::sc_spawn([this, &added] { work(added); }, thread.c_str());
    }
}

void copy_accelerator::load(std::uint64_t handle, accel::program_reader& image) {
    if (m_programs.size() == m_copy.programs) {
        throw accel::job_fault{accel::error_code::no_capacity, 0, "all places are taken"};
    }
    program loaded;
    for (const accel::section_entry& s : image.sections()) {
        if (s.bytes > largest) {
            throw accel::job_fault{accel::error_code::no_capacity, s.offset, "too large"};
        }
        if (s.kind == program_section) {
            if (s.bytes != sizeof loaded.what) {
                throw accel::job_fault{accel::error_code::bad_program, s.offset, "wrong size"};
            }
            image.read(s.offset, &loaded.what, sizeof loaded.what);
            if (loaded.what.bytes > largest) {
                throw accel::job_fault{accel::error_code::no_capacity, s.offset, "too large"};
            }
        } else if (s.kind == weights_section) {
            std::vector<std::uint8_t> weights(s.bytes);
            image.read(s.offset, weights.data(), weights.size());
        }
    }
    const sc_core::sc_time programming = core::from_fs(loaded.what.load_fs);
    if (m_copy.looks_for_abort) {
        sc_core::wait(programming, m_aborted);
        if (image.aborted()) throw accel::job_aborted{};
    } else {
        sc_core::wait(programming);
    }
    loaded.tensors = tensors_of(loaded.what);
    m_programs.emplace(handle, std::move(loaded));
}

void copy_accelerator::unload(std::uint64_t handle) {
    m_programs.erase(handle);
}

const std::vector<accel::tensor_descriptor>& copy_accelerator::tensors(std::uint64_t handle) const {
    return m_programs.at(handle).tensors;
}

bool copy_accelerator::accepts(std::uint64_t) const {
    return std::any_of(m_workers.begin(), m_workers.end(),
                       [](const auto& w) { return !w->work.has_value(); });
}

void copy_accelerator::run(const accel::run_request& request) {
    const auto idle = std::find_if(m_workers.begin(), m_workers.end(),
                                   [](const auto& w) { return !w->work.has_value(); });
    (*idle)->work = request;
    (*idle)->wake.notify(sc_core::SC_ZERO_TIME);
}

void copy_accelerator::abort() {
    ++m_epoch;
    for (const auto& w : m_workers) w->work.reset();
    m_aborted.notify(sc_core::SC_ZERO_TIME);
}

void copy_accelerator::reset() {
    abort();
    m_programs.clear();
}

void copy_accelerator::save_program(std::uint64_t handle, core::byte_writer& to) const {
    to.put(m_programs.at(handle).what);
}

void copy_accelerator::restore_program(std::uint64_t handle, core::byte_reader& from) {
    program restored;
    restored.what = from.get<copy_program>("program");
    if (restored.what.bytes > largest) from.fail("a program that is too large");
    restored.tensors = tensors_of(restored.what);
    m_programs.emplace(handle, std::move(restored));
}

void copy_accelerator::work(worker& me) {
    for (;;) {
        while (!me.work) sc_core::wait(me.wake);
        const accel::run_request request = *me.work;
        const std::uint64_t epoch = m_epoch;
        const auto fault = execute(request, epoch);
        if (m_epoch != epoch) continue;  // dropped; the place may already hold the next run
        me.work.reset();
        complete(request.run, fault);
    }
}

std::optional<accel::job_fault> copy_accelerator::execute(const accel::run_request& request,
                                                          std::uint64_t epoch) {
    const copy_program what = m_programs.at(request.handle).what;
    const auto bus_fault = [](const bus::dma_result& r) {
        return accel::job_fault{accel::error_code::bus_error, r.address, "tensor"};
    };
    std::vector<std::uint8_t> bytes(what.bytes);
    const bus::dma_result in = read_memory({request.tensors[0].address, what.bytes}, bytes.data());
    if (m_epoch != epoch) return {};
    if (!in) return bus_fault(in);
    sc_core::wait(core::from_fs(m_copy.byte_time.value.fs * what.bytes), m_aborted);
    if (m_epoch != epoch) return {};
    for (std::uint8_t& byte : bytes) byte ^= what.key;
    const bus::dma_result out =
        write_memory({request.tensors[1].address, what.bytes}, bytes.data());
    if (m_epoch != epoch) return {};
    if (!out) return bus_fault(out);
    if (what.has_state != 0) {
        std::uint8_t runs = 0;
        const std::uint64_t state = request.tensors[2].address;
        const bus::dma_result read = read_memory({state, 1}, &runs);
        if (m_epoch != epoch) return {};
        if (!read) return bus_fault(read);
        ++runs;
        const bus::dma_result written = write_memory({state, 1}, &runs);
        if (m_epoch == epoch && !written) return bus_fault(written);
    }
    return {};
}

}  // namespace support
