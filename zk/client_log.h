// The C client's own log lines, led into glog instead of standard error.
#pragma once

namespace meerkat::zk {

/// Once a process: sets the C client's log level and catches what it would print.
void redirect_client_log();

/// One line of the C client, as its log callback gets it.
void client_log_line(const char* line);

}  // namespace meerkat::zk
