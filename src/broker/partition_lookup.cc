#include "broker/partition_lookup.h"

#include <utility>
#include <vector>

#include "zk/paths.h"
#include "zk/payloads.h"

namespace meerkat::broker {

namespace {

Result<bool> contains(const zk::Response& topic, const TopicPartition& partition) {
  if (topic.code == zk::Code::no_node) return false;
  if (!topic.ok()) return fail(topic.error().message);
  auto assignment = zk::decode_topic(partition.topic, topic.data.value_or(""));
  if (!assignment) return assignment.failure();
  return assignment->partitions.contains(partition.partition);
}

}  // namespace

txn::PartitionExists partition_lookup(zk::Session& session) {
  return [&session](const TopicPartition& partition, Callback<Result<bool>> done) {
    session.run_async({zk::Get{zk::paths::topic(partition.topic)}},
                      [partition, done = std::move(done)](std::vector<zk::Response> answers) mutable {
                        done(contains(answers.front(), partition));
                      });
  };
}

}  // namespace meerkat::broker
