#include "zk/controller_lease.h"

#include "zk/paths.h"

namespace meerkat::zk {

namespace {

// /controller and /controller_epoch as read together.
struct Seen {
  std::optional<ControllerNode> controller;
  Stat controller_stat;
  std::optional<ControllerEpoch> epoch;
};

ZkResult<Seen> look(Session& session) {
  // Exists arms the watch whether there is a node or not; Get alone would not.
  std::vector<Response> r =
      session.run({Exists{paths::kController}, Get{paths::kController}, Get{paths::kControllerEpoch}});
  for (const auto& x : r) {
    if (!x.ok() && x.code != Code::no_node) return Fail(x.error());
  }
  Seen seen;
  if (r[1].ok()) {
    auto node = decode_controller(r[1].data.value_or(""));
    if (!node) return zk_fail(Code::malformed, node.error().message);
    if (node->kraft_controller_epoch > 0) {
      return zk_fail(Code::controller_moved,
                     "a KRaft controller owns this cluster (/controller has its epoch): "
                     "a migration away from ZooKeeper is under way or done");
    }
    seen.controller = *node;
    seen.controller_stat = r[1].stat;
  }
  if (r[2].ok()) {
    auto epoch = decode_controller_epoch(r[2].data.value_or(""));
    if (!epoch) return zk_fail(Code::malformed, epoch.error().message);
    seen.epoch = ControllerEpoch{*epoch, r[2].stat.version};
  }
  return seen;
}

}  // namespace

ZkResult<int32_t> read_controller(Session& session) {
  auto seen = look(session);
  if (!seen) return seen.failure();
  return seen->controller ? seen->controller->broker_id : -1;
}

ZkResult<std::optional<ControllerEpoch>> read_controller_epoch(Session& session) {
  auto seen = look(session);
  if (!seen) return seen.failure();
  return seen->epoch;
}

ZkResult<Election> elect_controller(Session& session, int32_t broker_id, int64_t wall_ms,
                                    std::optional<int32_t> in_place_of) {
  // Once the answer to an attempt may have been lost: the epoch that it would have given. 0: none, epochs start at 1.
  int32_t hoped_epoch = 0;
  while (true) {
    auto seen = look(session);
    if (!seen) return seen.failure();
    bool ours = seen->controller && session.is_current(seen->controller_stat.ephemeral_owner);
    if (ours && hoped_epoch != 0 && seen->epoch && seen->epoch->epoch == hoped_epoch) {
      return Election{ControllerLease{broker_id, seen->epoch->epoch, seen->epoch->zk_version}, broker_id};
    }
    hoped_epoch = 0;
    const bool replace = ours || (seen->controller && seen->controller->broker_id == in_place_of);
    if (seen->controller && !replace) return Election{std::nullopt, seen->controller->broker_id};
    if (!seen->epoch) {
      Response made = session.run(Create{paths::kControllerEpoch, encode_controller_epoch(0)});
      if (!made.ok() && made.code != Code::node_exists) return Fail(made.error());
      continue;
    }

    ControllerEpoch next{seen->epoch->epoch + 1, seen->epoch->zk_version};
    Multi attempt;
    // Whoever is elected meanwhile raises the epoch, so this deletes no other controller's node.
    if (replace) attempt.ops.push_back(Delete{paths::kController, seen->controller_stat.version});
    attempt.ops.push_back(
        Create{paths::kController, encode(ControllerNode{broker_id, wall_ms, -1}), CreateMode::ephemeral, {}});
    attempt.ops.push_back(SetData{paths::kControllerEpoch, encode_controller_epoch(next.epoch), next.zk_version});
    Response r = session.run(std::move(attempt));
    if (r.ok()) {
      return Election{ControllerLease{broker_id, next.epoch, r.ops.back().stat.version}, broker_id};
    }
    // A race: somebody else was elected or the epoch changed (or the first copy of this very request did it). Look.
    bool race = r.code == Code::node_exists || r.code == Code::bad_version || r.code == Code::no_node;
    if (!race) return Fail(r.error());
    if (r.resent) hoped_epoch = next.epoch;
  }
}

ZkStatus resign_controller(Session& session, const ControllerLease& lease) {
  Response r = unguard(session.run(guarded(lease, Delete{paths::kController, -1})));
  if (r.ok() || r.code == Code::no_node) return {};
  return Fail(r.error());
}

Request guarded(const ControllerLease& lease, Op op) {
  Multi multi;
  multi.ops.push_back(Check{paths::kControllerEpoch, lease.epoch_zk_version});
  multi.ops.push_back(std::move(op));
  return multi;
}

Response unguard(const Response& response) {
  Response r;
  r.resent = response.resent;
  r.generation = response.generation;
  r.code = response.code;
  r.path = response.path;
  if (response.ops.size() != 2) return r;  // an error of the session, not of the operations
  r.path = response.ops[1].path;
  r.stat = response.ops[1].stat;
  r.code = response.ops[0].code == Code::ok ? response.ops[1].code : Code::controller_moved;
  return r;
}

}  // namespace meerkat::zk
