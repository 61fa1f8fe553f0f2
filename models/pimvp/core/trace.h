// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pimvp/core/trace_meter.h>

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pimvp::core {

/// What bounds the size of a trace.
struct trace_options {
    /// Names of the tracks of trace_level::detail to keep: * any text, ? one character.
    std::vector<std::string> globs{"*"};
    std::uint64_t from_fs = 0;  ///< slices that end before are dropped
    std::uint64_t to_fs = std::numeric_limits<std::uint64_t>::max();  ///< that start later, too
    std::uint64_t max_events = 5'000'000;  ///< then the trace ends, and says so in its last event
};

/// What a whole run needs to be understood, and everything else.
enum class trace_level { overview, detail };

/// One line of a trace: a component. Obtained once; invalid ids cost one comparison a call.
struct trace_track {
    std::uint32_t index = 0;
    [[nodiscard]] explicit operator bool() const { return index != 0; }
};

/// A named value shown with a slice.
struct trace_argument {
    std::string_view name;
    std::variant<std::uint64_t, std::int64_t, double, std::string_view> value;

    template <class T>
    trace_argument(std::string_view argument, const T& v)
        : name(argument),
          value(convert(v)) {}

private:
    template <class T>
    static decltype(value) convert(const T& v) {
        if constexpr (std::is_floating_point_v<T>) {
            return static_cast<double>(v);
        } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
            return static_cast<std::int64_t>(v);
        } else if constexpr (std::is_integral_v<T>) {
            return static_cast<std::uint64_t>(v);
        } else {
            return std::string_view(v);
        }
    }
};

/// Writes Chrome trace-event JSON, which Perfetto and chrome://tracing open: a track per component,
/// a slice per operation, arrows from cause to effect, counters. Tracks of the overview are always
/// kept: a few slices an inference, and meters, whose size does not grow with the run.
///
/// A default-constructed trace is off and ignores everything; call sites need no `if`, but may ask
/// `enabled()` before computing arguments.
///
/// **Limits** Slices of one track must nest or follow each other. Events are written as they come;
/// the order is that of the calls, so the same simulation gives the same file; meters are written
/// last. Times are whole ns, as viewers count; a slice ends 1 ns early. The stream must outlive the
/// trace; close() or the destructor completes the file.
class trace {
public:
    using arguments = std::initializer_list<trace_argument>;

    trace() = default;  ///< off
    explicit trace(std::ostream& out, trace_options options = {});
    ~trace();
    trace(const trace&) = delete;
    trace& operator=(const trace&) = delete;

    [[nodiscard]] bool enabled() const { return m_out != nullptr; }
    /// The track of a hierarchical name; invalid if the trace is off or does not keep it. What
    /// precedes the first dot groups tracks. Asking again returns the same track. One on which
    /// nothing happens is not in the file.
    trace_track track(std::string_view name, trace_level level = trace_level::detail);
    /// The meter of a hierarchical name, in the group of what it counts; null if the trace is off
    /// or does not keep it. Asking again returns the same meter, with more capacity: how many
    /// things a second would be 100 %; 0 if nobody knows.
    trace_meter* meter(std::string_view name, std::string_view unit, double capacity_per_s,
                       trace_level level = trace_level::detail);

    void slice(trace_track on, std::string_view name, std::uint64_t start_fs, std::uint64_t end_fs,
               arguments values = {}) {
        if (on) write_slice(on, name, start_fs, end_fs, values);
    }
    void instant(trace_track on, std::string_view name, std::uint64_t at_fs,
                 arguments values = {}) {
        if (on) write_instant(on, name, at_fs, values);
    }
    /// The value of a named counter from `at_fs` on.
    void counter(trace_track on, std::string_view name, std::uint64_t at_fs, double value) {
        if (on) write_counter(on, name, at_fs, value);
    }
    /// An arrow between two slices; the points must lie inside slices of the two tracks.
    void flow(std::string_view name, trace_track from, std::uint64_t from_fs, trace_track to,
              std::uint64_t to_fs) {
        if (from && to) write_flow(name, from, from_fs, to, to_fs);
    }

    /// Completes the JSON and switches off. Idempotent.
    void close();
    [[nodiscard]] std::uint64_t events() const { return m_events; }

private:
    struct track_entry {
        std::string name;
        std::uint32_t process = 0;
        bool is_announced = false;
    };

    [[nodiscard]] bool admits(std::uint64_t start_fs, std::uint64_t end_fs);
    [[nodiscard]] bool keeps(std::string_view name, trace_level level) const;
    /// The number of a group of tracks, announced when it is new.
    std::uint32_t process_of(std::string_view group);
    void announce(trace_track track);
    void write_meters();
    void write_meter(std::uint32_t process, const std::string& name, const trace_meter& meter);
    void begin_event();
    void write_head(char phase, trace_track on, std::string_view name, std::uint64_t at_fs);
    void write_arguments(arguments values);
    void write_slice(trace_track on, std::string_view name, std::uint64_t start_fs,
                     std::uint64_t end_fs, arguments values);
    void write_instant(trace_track on, std::string_view name, std::uint64_t at_fs,
                       arguments values);
    void write_counter(trace_track on, std::string_view name, std::uint64_t at_fs, double value);
    void write_flow(std::string_view name, trace_track from, std::uint64_t from_fs, trace_track to,
                    std::uint64_t to_fs);

    std::ostream* m_out = nullptr;
    trace_options m_options;
    std::map<std::string, std::uint32_t, std::less<>> m_processes;
    std::map<std::string, trace_track, std::less<>> m_names;
    std::vector<track_entry> m_tracks;
    std::map<std::string, trace_meter, std::less<>> m_meters;
    std::uint64_t m_events = 0;
    std::uint64_t m_flows = 0;
    std::uint64_t m_last_fs = 0;
    bool m_first = true;
    bool m_full = false;
};

/// Whether `name` matches a pattern of * (any text) and ? (one character).
bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace pimvp::core
