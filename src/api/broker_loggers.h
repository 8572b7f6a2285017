// Log levels that can be changed while the broker runs (KIP-412): the resource BROKER_LOGGER of DescribeConfigs and
// IncrementalAlterConfigs.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/error.h"

namespace meerkat::api {

/// A change of one logger's level, in the order of an IncrementalAlterConfigs request.
struct LoggerChange {
  std::string logger;
  bool remove = false;  // back to the level of the root
  std::string level;
};

/// The names that operators of Kafka know, each standing for the source files that do that work here. "root" moves the
/// whole log's threshold (glog's minloglevel); the others turn on the detail of their files (glog's VLOG: DEBUG 1,
/// TRACE 2). A level above INFO is kept and shown, but silences no lines of a single logger. Thread-safe.
class BrokerLoggers {
 public:
  /// Takes over the levels that --minloglevel, --v and --vmodule gave. Before the first line at VLOG, since glog ties a
  /// line to its level for good when it comes there first.
  static void start();
  /// Every logger with its level in force: FATAL, ERROR, WARN, INFO, DEBUG or TRACE.
  static std::vector<std::pair<std::string, std::string>> describe();
  /// Whether the changes are possible: INVALID_CONFIG for an unknown logger or level, INVALID_REQUEST for taking away
  /// the root's.
  static wire::Outcome<void> check(const std::vector<LoggerChange>& changes);
  /// Carries out changes that check() has let pass.
  static void apply(const std::vector<LoggerChange>& changes);
};

}  // namespace meerkat::api
