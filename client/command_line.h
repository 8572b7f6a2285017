// What the tools share: flags as users of Kafka's scripts type them, and a clean way to fail.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/cluster.h"

namespace meerkat::client {

/// gflags keeps the last value of a flag only. Takes every `--NAME value` and `--NAME=value` of the given names (in the
/// spelling with dashes) out of argv and returns the values in order. Before gflags parses.
std::map<std::string, std::vector<std::string>> take_repeated_flags(int* argc, char** argv,
                                                                    const std::vector<std::string>& names);

/// Takes `--NAME word word…` out of argv, up to the next flag, and returns the words. Before gflags parses.
std::vector<std::string> take_word_list(int* argc, char** argv, const std::string& name);

/// Parses the command line of a tool: gflags, logging to standard error of warnings and worse only, and `--help` that
/// prints `usage` and the tool's own flags. Ends the process on --help and on words that are no flags.
void parse_tool_flags(int* argc, char*** argv, const std::string& usage);

/// "key=value" words into a map; an error names the word that is none.
Result<std::map<std::string, std::string>> parse_pairs(const std::vector<std::string>& words);

/// Prints one line on standard error and returns the tool's exit status for failure.
int complain(const std::string& why);

/// The connection that every tool makes first.
struct Connected {
  std::unique_ptr<Network> network;
  std::unique_ptr<Cluster> cluster;
};
/// `servers` is --bootstrap-server; the error says what to give.
Result<Connected> connect(const std::string& servers, const std::string& client_id);

}  // namespace meerkat::client
