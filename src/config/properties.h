// Java's .properties format: server.properties, meta.properties, the properties files of the tools.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/entries.h"

namespace meerkat::config {

/// Parses the text of a .properties file: comments (# and !), separators (=, : or white space), escapes (\t, \uXXXX, …)
/// and continued lines. Bytes are taken as UTF-8. A later value of a key replaces an earlier one. Only a broken
/// \u escape is an error.
Result<Entries> parse_properties(std::string_view text);

/// The same for a file; the error names it.
Result<Entries> read_properties(const std::string& path);

/// Text that parse_properties reads back: a `# ` line for each line of `comment`, then the entries in order of keys.
std::string print_properties(const Entries& entries, std::string_view comment = {});

}  // namespace meerkat::config
