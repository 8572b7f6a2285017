// The one table of the APIs that this broker serves. ApiVersions, dispatch and pipelining all read it.
#pragma once

#include <cstdint>
#include <span>

#include "api/request.h"
#include "wire/api.h"

namespace meerkat::api {

struct Services;

/// On which thread a handler runs.
enum class Where : uint8_t {
  loop,    // the connection's own: must not block
  worker,  // the worker pool: may wait for ZooKeeper or the disk
};

/// Who may use an API. What stands here is asked before the handler is called; the error is
/// CLUSTER_AUTHORIZATION_FAILED.
enum class Access : uint8_t {
  open,        // everybody
  by_handler,  // the handler asks for each topic, group, transactional id …
  cluster_action,
  alter,
  alter_configs,
  describe,
  describe_configs,
};

/// One API. `run` decodes the body and calls the handler; it answers or closes through the responder.
struct Api {
  wire::ApiKey key;
  wire::Versions versions;
  Where where;
  Access access;
  /// A request may start while earlier ones of this API are unanswered on the connection (acks=all producers).
  bool pipelined;
  void (*run)(Services& services, RequestContext context, ByteView body, net::Responder responder);
  /// The same for several of one connection that came together; null: one after the other.
  void (*run_all)(Services& services, std::span<Incoming> requests);
};

/// All of them, by rising key.
std::span<const Api> apis();
/// The row of a key, or null.
const Api* find_api(int16_t key);

}  // namespace meerkat::api
