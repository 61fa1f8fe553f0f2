// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pimvp::core {

/// Where in a user's text something stands. Lines and columns count from 1; 0 = unknown.
struct source_mark {
    std::string file;
    int line = 0;
    int column = 0;
};

enum class severity { warning, error };

/// One finding about a user's input.
struct diagnostic {
    severity level = severity::error;
    std::string path;     ///< which value: "platform.tile[3].adc"; may be empty
    std::string message;  ///< what is wrong (seen, allowed), the way out
    source_mark mark;

    /// "file:line:col: path: message"; absent parts are left out, warnings say so.
    [[nodiscard]] std::string text() const;
};

/// Collects everything that is wrong with an input, so that a user sees all of it at once.
///
/// **Example**
/// \code
///     core::diagnostics found;
///     if (bins == 0) found.error("tally.bins", "must not be 0: use 1 .. 256");
///     found.throw_if_errors();
/// \endcode
class diagnostics {
public:
    void error(std::string path, std::string message, source_mark mark = {});
    void warning(std::string path, std::string message, source_mark mark = {});
    void add(diagnostic finding);

    [[nodiscard]] bool has_errors() const { return m_errors != 0; }
    [[nodiscard]] bool empty() const { return m_list.empty(); }
    [[nodiscard]] const std::vector<diagnostic>& list() const { return m_list; }
    /// One finding a line, in the order they were found, without a final newline.
    [[nodiscard]] std::string text() const;
    /// Throws user_error with the whole list if there is an error in it.
    void throw_if_errors() const;

private:
    std::vector<diagnostic> m_list;
    std::size_t m_errors = 0;
};

/// A mistake in what the user gave us: place, cause and way out are in what(). Exit code 2.
class user_error : public std::runtime_error {
public:
    explicit user_error(const std::string& text);
    explicit user_error(const diagnostics& found);
    /// Same form as a diagnostic: "file:line:col: path: message".
    user_error(std::string path, std::string message, source_mark mark = {});

    /// The findings behind the text; one at least.
    [[nodiscard]] const std::vector<diagnostic>& list() const { return m_list; }

private:
    std::vector<diagnostic> m_list;
};

/// A contradiction inside pimvp itself, never the user's fault. Exit code 1.
class internal_error : public std::logic_error {
public:
    explicit internal_error(const std::string& text);
};

/// The candidate nearest to `word` by edits (swapped neighbours count as one), empty if none is
/// near: at most one edit per three letters, and at most three.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// ", did you mean 'x'?" or, if nothing is near, ", known: a, b, c" (at most 12 are listed).
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// `text` for use in a message: quoted, control characters escaped, long texts shortened.
std::string quoted(std::string_view text);

}  // namespace pimvp::core
