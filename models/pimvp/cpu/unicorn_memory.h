// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/cpu/iss.h>

#include <cstdint>
#include <map>

struct uc_struct;  // Unicorn's engine

namespace pimvp::cpu {

/// Throws core::internal_error unless Unicorn answers (a uc_err) that it could.
void check_unicorn(int answer, const char* what);

/// What a Unicorn engine has mapped: direct memory of the environment, whole pages of it, and pages
/// of devices, every access to which meets the engine's protection hook. Internal to unicorn_iss.
///
/// **Limits** Nothing may be unmapped, nor translations dropped, while the engine runs.
class unicorn_memory {
public:
    unicorn_memory(uc_struct* engine, iss_environment& environment)
        : m_engine(engine),
          m_environment(environment) {}
    unicorn_memory(const unicorn_memory&) = delete;
    unicorn_memory& operator=(const unicorn_memory&) = delete;

    /// Maps the direct memory around an address, as far as nothing is mapped yet. False: there is
    /// none.
    bool map_direct(std::uint64_t address);
    /// Makes the page of an address one of devices.
    void map_device(std::uint64_t address);
    /// What the engine reads next from devices, at this address.
    void answer(std::uint64_t address, std::uint64_t value) {
        m_answer_address = address;
        m_answer = value;
    }
    /// Forgets direct memory that lies in first .. last in part.
    void unmap_direct(std::uint64_t first, std::uint64_t last);
    /// What lies in first .. last is translated anew.
    void drop_translations(std::uint64_t first, std::uint64_t last);

    [[nodiscard]] bool is_mapped(std::uint64_t address) const { return find(address) != nullptr; }
    [[nodiscard]] bool is_direct(std::uint64_t address) const {
        const region* there = find(address);
        return there != nullptr && there->data != nullptr;
    }
    /// The bits of the instruction at `pc`; 0 where no direct memory is.
    [[nodiscard]] std::uint32_t fetch(std::uint64_t pc) const;

private:
    struct region {
        std::uint64_t first = 0, last = 0;
        std::uint8_t* data = nullptr;  ///< null: a page of devices
    };

    [[nodiscard]] const region* find(std::uint64_t address) const;
    static std::uint64_t read_device(uc_struct*, std::uint64_t offset, unsigned, void* self);
    static void write_device(uc_struct*, std::uint64_t, unsigned, std::uint64_t, void*) {}

    uc_struct* const m_engine;
    iss_environment& m_environment;
    std::map<std::uint64_t, region> m_regions;  ///< by first address
    std::uint64_t m_answer_address = 0, m_answer = 0;
};

}  // namespace pimvp::cpu
