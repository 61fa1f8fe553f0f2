// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/trace.h>

#include <pimvp/core/quantity.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace pimvp::core {

namespace {

void write_text(std::ostream& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out << '"';
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (code < 0x20U) {
            out << "\\u00" << hex[code >> 4U] << hex[code & 15U];
        } else {
            out << c;
        }
    }
    out << '"';
}

constexpr std::uint64_t fs_per_ns = 1'000'000;

/// Trace files count microseconds, and viewers whole nanoseconds.
void write_time(std::ostream& out, std::uint64_t ns) {
    out << ns / 1000;
    const std::uint64_t rest = ns % 1000;
    if (rest == 0) return;
    std::string decimals = std::to_string(1000 + rest).substr(1);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    out << '.' << decimals;
}

void write_real(std::ostream& out, double value) {
    out << (std::isfinite(value) ? to_string(value) : "null");
}

}  // namespace

trace::trace(std::ostream& out, trace_options options)
    : m_out(&out),
      m_options(std::move(options)) {
    *m_out << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
}

trace::~trace() {
    close();
}

void trace::close() {
    if (m_out == nullptr) return;
    write_meters();
    *m_out << "\n]}\n";
    m_out->flush();
    m_out = nullptr;
}

bool trace::keeps(std::string_view name, trace_level level) const {
    return level == trace_level::overview ||
           std::any_of(m_options.globs.begin(), m_options.globs.end(),
                       [name](const std::string& glob) { return glob_matches(glob, name); });
}

trace_track trace::track(std::string_view name, trace_level level) {
    if (!enabled()) return {};
    const auto known = m_names.find(name);
    if (known != m_names.end()) return known->second;
    trace_track made;
    if (keeps(name, level)) {
        m_tracks.push_back({std::string(name), 0, false});
        made.index = static_cast<std::uint32_t>(m_tracks.size());
    }
    m_names.emplace(std::string(name), made);
    return made;
}

trace_meter* trace::meter(std::string_view name, std::string_view unit, double capacity_per_s,
                          trace_level level) {
    if (!enabled() || !keeps(name, level)) return nullptr;
    trace_meter& found = m_meters.try_emplace(std::string(name), std::string(unit)).first->second;
    found.add_capacity(capacity_per_s);
    return &found;
}

std::uint32_t trace::process_of(std::string_view group) {
    const auto next = static_cast<std::uint32_t>(m_processes.size() + 1);
    const auto [found, is_new] = m_processes.emplace(std::string(group), next);
    if (is_new) {
        begin_event();
        *m_out << "{\"ph\":\"M\",\"pid\":" << next << ",\"name\":\"process_name\",\"args\":{"
               << "\"name\":";
        write_text(*m_out, group);
        *m_out << "}}";
    }
    return found->second;
}

void trace::announce(trace_track track) {
    track_entry& entry = m_tracks[track.index - 1];
    if (entry.is_announced) return;
    entry.is_announced = true;
    entry.process = process_of(std::string_view(entry.name).substr(0, entry.name.find('.')));
    for (const bool is_name : {true, false}) {
        begin_event();
        *m_out << "{\"ph\":\"M\",\"pid\":" << entry.process << ",\"tid\":" << track.index
               << ",\"name\":\"" << (is_name ? "thread_name" : "thread_sort_index")
               << "\",\"args\":{\"" << (is_name ? "name" : "sort_index") << "\":";
        if (is_name) {
            write_text(*m_out, entry.name);
        } else {
            *m_out << track.index;
        }
        *m_out << "}}";
    }
}

/// All meters together write no more than a few megabytes.
void trace::write_meters() {
    constexpr std::size_t most_bins_of_all = 65536, fewest_bins = 16;
    const std::size_t most =
        std::max(fewest_bins, most_bins_of_all / std::max<std::size_t>(1, m_meters.size()));
    for (auto& [name, meter] : m_meters) {
        meter.shrink(most);
        if (!meter.bins().empty()) write_meter(process_of(meter.unit()), name, meter);
    }
}

/// Bins in which nothing happens are left out, but for the one that ends a busy stretch.
void trace::write_meter(std::uint32_t process, const std::string& name, const trace_meter& meter) {
    std::uint64_t before = 0;
    for (std::size_t bin = 0; bin <= meter.bins().size(); ++bin) {
        const std::uint64_t count = bin < meter.bins().size() ? meter.bins()[bin] : 0;
        const std::uint64_t at_fs = bin * meter.width_fs();
        const bool wanted = (count != 0 || before != 0) &&
                            at_fs + meter.width_fs() > m_options.from_fs &&
                            at_fs <= m_options.to_fs;
        before = count;
        if (!wanted) continue;
        ++m_events;
        begin_event();
        *m_out << "{\"ph\":\"C\",\"pid\":" << process << ",\"name\":";
        write_text(*m_out, name);
        *m_out << ",\"ts\":";
        write_time(*m_out, at_fs / fs_per_ns);
        *m_out << ",\"args\":{";
        write_text(*m_out, meter.unit());
        *m_out << ':' << count;
        if (meter.capacity_per_s() > 0.0) {
            const double could = meter.capacity_per_s() * seconds({meter.width_fs()});
            *m_out << ",\"busy_percent\":";
            write_real(*m_out, std::round(1e4 * static_cast<double>(count) / could) / 100.0);
        }
        *m_out << "}}";
    }
}

bool trace::admits(std::uint64_t start_fs, std::uint64_t end_fs) {
    if (m_out == nullptr || m_full || end_fs < m_options.from_fs || start_fs > m_options.to_fs) {
        return false;
    }
    m_last_fs = std::max(m_last_fs, end_fs);
    if (m_events < m_options.max_events) {
        ++m_events;
        return true;
    }
    m_full = true;
    begin_event();
    *m_out << "{\"ph\":\"i\",\"s\":\"g\",\"pid\":0,\"tid\":0,\"name\":\"trace ends: the limit of "
           << m_options.max_events << " events is reached\",\"ts\":";
    write_time(*m_out, m_last_fs / fs_per_ns);
    *m_out << '}';
    return false;
}

void trace::begin_event() {
    *m_out << (m_first ? "\n" : ",\n");
    m_first = false;
}

void trace::write_head(char phase, trace_track on, std::string_view name, std::uint64_t at_fs) {
    announce(on);
    begin_event();
    *m_out << "{\"ph\":\"" << phase << "\",\"pid\":" << m_tracks[on.index - 1].process
           << ",\"tid\":" << on.index << ",\"name\":";
    write_text(*m_out, name);
    *m_out << ",\"ts\":";
    write_time(*m_out, at_fs / fs_per_ns);
}

void trace::write_arguments(arguments values) {
    if (values.size() == 0) return;
    *m_out << ",\"args\":{";
    bool first = true;
    for (const trace_argument& argument : values) {
        if (!first) *m_out << ',';
        first = false;
        write_text(*m_out, argument.name);
        *m_out << ':';
        std::visit(
            [this](const auto& value) {
                using type = std::decay_t<decltype(value)>;
                if constexpr (std::is_same_v<type, std::string_view>) {
                    write_text(*m_out, value);
                } else if constexpr (std::is_same_v<type, double>) {
                    write_real(*m_out, value);
                } else {
                    *m_out << value;
                }
            },
            argument.value);
    }
    *m_out << '}';
}

void trace::write_slice(trace_track on, std::string_view name, std::uint64_t start_fs,
                        std::uint64_t end_fs, arguments values) {
    if (!admits(start_fs, end_fs)) return;
    write_head('X', on, name, start_fs);
    *m_out << ",\"dur\":";
    // Viewers add begin and duration as reals: a ns less, or slices that touch would overlap.
    const std::uint64_t whole = std::max(start_fs, end_fs) / fs_per_ns - start_fs / fs_per_ns;
    write_time(*m_out, whole > 1 ? whole - 1 : whole);
    write_arguments(values);
    *m_out << '}';
}

void trace::write_instant(trace_track on, std::string_view name, std::uint64_t at_fs,
                          arguments values) {
    if (!admits(at_fs, at_fs)) return;
    write_head('i', on, name, at_fs);
    *m_out << ",\"s\":\"t\"";
    write_arguments(values);
    *m_out << '}';
}

void trace::write_counter(trace_track on, std::string_view name, std::uint64_t at_fs,
                          double value) {
    if (!admits(at_fs, at_fs)) return;
    write_head('C', on, name, at_fs);
    *m_out << ",\"args\":{\"value\":";
    write_real(*m_out, value);
    *m_out << "}}";
}

void trace::write_flow(std::string_view name, trace_track from, std::uint64_t from_fs,
                       trace_track to, std::uint64_t to_fs) {
    if (!admits(from_fs, to_fs)) return;
    ++m_flows;
    write_head('s', from, name, from_fs);
    *m_out << ",\"cat\":\"flow\",\"id\":" << m_flows << '}';
    write_head('f', to, name, to_fs);
    *m_out << ",\"cat\":\"flow\",\"bp\":\"e\",\"id\":" << m_flows << '}';
}

bool glob_matches(std::string_view pattern, std::string_view name) {
    // Linear: on a mismatch only the last star is extended.
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;
    std::size_t after_star = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            after_star = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++after_star;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace pimvp::core
