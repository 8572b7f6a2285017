// Reads the record corpus that the oracle wrote: JSON lines in gzip. The directory is $ORACLE_CORPUS, by default
// ../shared/oracle/corpus.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "nlohmann/json.hpp"

namespace meerkat::record {

/// The lines of `name`.jsonl.gz; empty if the corpus is not there.
std::vector<nlohmann::json> corpus_lines(const std::string& name);
Bytes from_hex(std::string_view hex);
Bytes from_base64(std::string_view text);

}  // namespace meerkat::record

#define SKIP_WITHOUT_CORPUS(lines) \
  if ((lines).empty()) GTEST_SKIP() << "no corpus: set ORACLE_CORPUS to the oracle's corpus directory"
