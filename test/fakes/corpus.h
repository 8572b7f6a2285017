// The oracle's corpus: what bytes Kafka writes and reads, as JSON lines in gzip. The directory is $ORACLE_CORPUS, by
// default ../shared/oracle/corpus.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "nlohmann/json.hpp"

namespace meerkat::test {

/// The directory above the corpus, where other references lie beside it.
std::string corpus_directory();
/// The lines of `name`.jsonl.gz; empty if the corpus is not there.
std::vector<nlohmann::json> corpus_lines(const std::string& name);

Bytes from_hex(std::string_view hex);
std::string to_hex(ByteView bytes);

}  // namespace meerkat::test

#define SKIP_WITHOUT_CORPUS(lines) \
  if ((lines).empty()) GTEST_SKIP() << "no corpus: set ORACLE_CORPUS to the oracle's corpus directory"
