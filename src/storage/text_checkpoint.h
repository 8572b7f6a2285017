// The text form that Kafka's checkpoint files share: a version line, a count line, then that many lines of entries.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace meerkat::storage {

/// The fields of each entry line, split at blanks. An error that says what is wrong if the version is not 0, the count
/// differs, or a line has another number of fields.
Result<std::vector<std::vector<std::string>>> parse_checkpoint(ByteView content, size_t fields);
/// The file's text for lines that have no line end.
std::string print_checkpoint(const std::vector<std::string>& lines);
/// A whole decimal number, or an error.
Result<int64_t> parse_number(const std::string& text);

}  // namespace meerkat::storage
