// SPDX-License-Identifier: Apache-2.0
#include <pimvp/core/diagnostics.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace pimvp::core {

namespace {

/// Edits (insert, delete, replace, swap of neighbours) from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = std::min({replaced, last[j] + 1, now[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = std::min(now[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, now);
    }
    return last[b.size()];
}

std::string joined(const std::vector<diagnostic>& list) {
    std::string all;
    for (const diagnostic& finding : list) {
        if (!all.empty()) all += '\n';
        all += finding.text();
    }
    return all;
}

}  // namespace

std::string diagnostic::text() const {
    std::string line;
    if (!mark.file.empty()) {
        line = mark.file;
        if (mark.line > 0) {
            line += ':' + std::to_string(mark.line);
            if (mark.column > 0) line += ':' + std::to_string(mark.column);
        }
        line += ": ";
    }
    if (level == severity::warning) line += "warning: ";
    if (!path.empty()) line += path + ": ";
    return line + message;
}

void diagnostics::error(std::string path, std::string message, source_mark mark) {
    add({severity::error, std::move(path), std::move(message), std::move(mark)});
}

void diagnostics::warning(std::string path, std::string message, source_mark mark) {
    add({severity::warning, std::move(path), std::move(message), std::move(mark)});
}

void diagnostics::add(diagnostic finding) {
    if (finding.level == severity::error) ++m_errors;
    m_list.push_back(std::move(finding));
}

std::string diagnostics::text() const {
    return joined(m_list);
}

void diagnostics::throw_if_errors() const {
    if (has_errors()) throw user_error(*this);
}

user_error::user_error(const std::string& text)
    : std::runtime_error(text),
      m_list{{severity::error, {}, text, {}}} {}

user_error::user_error(const diagnostics& found)
    : std::runtime_error(found.text()),
      m_list(found.list()) {}

user_error::user_error(std::string path, std::string message, source_mark mark)
    : std::runtime_error(diagnostic{severity::error, path, message, mark}.text()),
      m_list{{severity::error, std::move(path), std::move(message), std::move(mark)}} {}

internal_error::internal_error(const std::string& text)
    : std::logic_error("internal error: " + text) {}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    const std::size_t allowed = std::min<std::size_t>(3, std::max<std::size_t>(1, word.size() / 3));
    const std::string* best = nullptr;
    std::size_t best_distance = allowed + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t lengths =
            std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
        if (lengths > allowed) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best == nullptr ? std::string() : *best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string near = nearest(word, candidates);
    if (!near.empty()) return ", did you mean '" + near + "'?";
    if (candidates.empty()) return ", nothing is known here";
    constexpr std::size_t shown = 12;
    std::string text = ", known: ";
    for (std::size_t i = 0; i < candidates.size() && i < shown; ++i) {
        if (i != 0) text += ", ";
        text += candidates[i];
    }
    if (candidates.size() > shown) {
        text += " and " + std::to_string(candidates.size() - shown) + " more";
    }
    return text;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 80;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "'";
    for (const char c : text.substr(0, longest)) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (code < 0x20U || code == 0x7fU) {
            out += "\\x";
            out += digits[code >> 4U];
            out += digits[code & 15U];
        } else {
            out += c;
        }
    }
    if (text.size() > longest) out += "...";
    return out + "'";
}

}  // namespace pimvp::core
