#include "zk/sequential.h"

#include <algorithm>

#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::zk {

ZkResult<std::string> create_notification(Session& session, const std::string& directory, std::string_view prefix,
                                          std::string data) {
  Create create{directory + "/" + std::string(prefix), std::move(data), CreateMode::persistent_sequential, {}};
  Response r = session.run(create);
  if (r.code == Code::no_node) {
    if (ZkStatus made = ensure_path(session, directory); !made) return made.failure();
    r = session.run(create);
  }
  if (!r.ok()) return Fail(r.error());
  return std::move(r.path);
}

std::vector<std::pair<int64_t, std::string>> newer_than(const std::vector<std::string>& children,
                                                        std::string_view prefix, int64_t after) {
  std::vector<std::pair<int64_t, std::string>> newer;
  for (const auto& name : children) {
    auto sequence = paths::parse_sequence(name, prefix);
    if (sequence && *sequence > after) newer.emplace_back(*sequence, name);
  }
  std::sort(newer.begin(), newer.end());
  return newer;
}

ZkResult<std::vector<Notification>> read_notifications(Session& session, const std::string& directory,
                                                       std::string_view prefix, int64_t after) {
  auto children = children_or_none(session, directory);
  if (!children) return children.failure();
  auto newer = newer_than(*children, prefix, after);
  std::vector<Request> reads;
  for (const auto& [sequence, name] : newer) reads.push_back(Get{directory + "/" + name});
  std::vector<Response> answers = session.run(std::move(reads));
  std::vector<Notification> notifications;
  for (size_t i = 0; i < answers.size(); i++) {
    if (answers[i].code == Code::no_node) continue;
    if (!answers[i].ok()) return Fail(answers[i].error());
    notifications.push_back({newer[i].first, answers[i].path, answers[i].data.value_or(""), answers[i].stat.ctime_ms});
  }
  return notifications;
}

ZkStatus delete_notifications(Session& session, const std::vector<std::string>& paths, const ControllerLease* lease) {
  std::vector<Request> deletes;
  for (const auto& path : paths) {
    deletes.push_back(lease ? guarded(*lease, Delete{path, -1}) : Request(Delete{path, -1}));
  }
  std::vector<Response> answers = session.run(std::move(deletes));
  for (const auto& answer : answers) {
    Response r = lease ? unguard(answer) : answer;
    if (!r.ok() && r.code != Code::no_node) return Fail(r.error());
  }
  return {};
}

}  // namespace meerkat::zk
