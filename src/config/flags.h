// The command line of the broker: every broker config is a gflag of its name with '_' for '.'.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/entries.h"

namespace meerkat::config {

/// The flag of a config: log.dirs → log_dirs.
std::string flag_name(std::string_view key);

/// Makes a gflag of each row of the table, plus --properties. Once a process, before parsing; main thread.
/// --log_dir is Kafka's log.dir here; glog's own folder comes from the environment (GLOG_log_dir).
void register_flags();

/// What the command line asked for.
struct CommandLine {
  bool help = false;
  bool version = false;
  Entries entries;  // the keys that are set: flags win over the --properties file
};

/// Parses flags, --flagfile and --properties, and takes the flags out of argv. Needs register_flags().
/// An unknown flag ends the process with one line and status 1 (gflags' way); an unreadable properties file is an
/// error.
Result<CommandLine> parse_command_line(int* argc, char*** argv);

/// The text of --help: flags grouped as the table is, with defaults and what is allowed.
std::string help_text();

/// docs/configs.md: the same table as Markdown.
std::string markdown();

}  // namespace meerkat::config
