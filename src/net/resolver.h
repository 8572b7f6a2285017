// Host names to addresses without blocking a loop.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "event/loop.h"
#include "event/pool.h"

namespace meerkat::net {

/// A socket address of either family.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  int family() const { return storage.ss_family; }
  /// "10.0.0.1:9092" or "[::1]:9092".
  std::string to_string() const;
};

/// Addresses in the order in which to try them; an error when there is none.
using Addresses = Result<std::vector<Address>>;

/// Blocks while the name is looked up.
Addresses resolve_blocking(const std::string& host, int port);

/// Looks names up on a thread of its own. Numeric addresses and localhost are answered without it.
class Resolver {
 public:
  Resolver();
  /// Calls `done` on `loop`, never inline. Any thread.
  void resolve(event::Loop& loop, std::string host, int port, Callback<Addresses> done);
  /// One for the whole process, started at the first use.
  static Resolver& shared();

 private:
  event::Pool pool_;
};

}  // namespace meerkat::net
