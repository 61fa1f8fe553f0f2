// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/parameters.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Parameter structs that use every feature of describe().
namespace unit_core {

namespace core = pimvp::core;
using namespace pimvp::core::literals;

enum class adc_kind { sar, flash };

struct adc_params {
    unsigned bits = 8;
    core::graded<core::energy> conversion{{1.5625e-12}, core::derived("paper, table 1")};
    adc_kind kind = adc_kind::sar;
    unsigned comparators = 255;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("bits", p.bits, {1, 16}, "Resolution.", core::published("paper, table 1"));
        v.member("conversion", p.conversion, {0.0_J, 1e-9_J}, "One conversion.");
        v.choice("kind", p.kind, {{"sar", adc_kind::sar}, {"flash", adc_kind::flash}},
                 "Architecture.");
        if (p.kind == adc_kind::flash) {
            v.member("comparators", p.comparators, {1, 65535}, "Only a flash converter has them.");
        }
    }
    void validate(core::diagnostics& d) const {
        if (kind == adc_kind::flash && bits > 10) {
            d.error("bits", "a flash converter has at most 10 bits: lower it or use kind: sar");
        }
    }
    friend bool operator==(const adc_params& a, const adc_params& b) {
        return a.bits == b.bits && a.conversion == b.conversion && a.kind == b.kind &&
               a.comparators == b.comparators;
    }
};

struct tile_params {
    std::string name = "tile";
    bool enabled = true;
    std::int32_t offset = -3;
    double gain = 0.1;
    float slope = 0.1F;
    core::duration cycle = 100_ns;
    core::frequency rate{1'280'000'000};
    core::byte_size buffer = 64_KiB;
    core::bandwidth link{6'400'000'000};
    std::optional<core::duration> timeout;
    adc_params adc;
    std::vector<unsigned> sizes{1, 2, 3};
    std::vector<adc_params> banks{adc_params{}, adc_params{}};
    std::map<std::string, adc_params> extra;

    template <class Self, class Visitor>
    static void describe(Self& p, Visitor& v) {
        v.member("name", p.name, "A name.");
        v.member("enabled", p.enabled, "A switch.");
        v.member("offset", p.offset, {-8, 7}, "A signed number.");
        v.member("gain", p.gain, {0.0, 10.0}, "A real number.");
        v.member("slope", p.slope, "A short real number.");
        v.member("cycle", p.cycle, {1_ns, 1_us}, "A time.", core::assumed("test"));
        v.member("rate", p.rate, "A rate.");
        v.member("buffer", p.buffer, {1_KiB, 1_MiB}, "A size.");
        v.member("link", p.link, "A bandwidth.");
        v.member("timeout", p.timeout, {1_ns, 1_s}, "A time that may be absent.");
        v.group("adc", p.adc, "The converter.");
        v.list("sizes", p.sizes, {1, 4}, "Numbers.");
        v.list("banks", p.banks, "Converters.");
        v.map("extra", p.extra, "Converters by name.");
    }
    friend bool operator==(const tile_params& a, const tile_params& b) {
        return a.name == b.name && a.enabled == b.enabled && a.offset == b.offset &&
               a.gain == b.gain && a.slope == b.slope && a.cycle == b.cycle && a.rate == b.rate &&
               a.buffer == b.buffer && a.link == b.link && a.timeout == b.timeout &&
               a.adc == b.adc && a.sizes == b.sizes && a.banks == b.banks && a.extra == b.extra;
    }
};

}  // namespace unit_core
