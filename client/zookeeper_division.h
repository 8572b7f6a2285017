// How the members of a group of Kafka 0.8's kind divide partitions: each works it out for itself, from the same znodes,
// and all come to the same result. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/topic_partition.h"

namespace meerkat::client {

/// partition.assignment.strategy of 0.8.
enum class OldAssignor { range, roundrobin };

/// A member with the topics it reads (regular expressions are resolved) and how many streams it has for each.
using OldMembers = std::map<std::string, std::map<std::string, int32_t>>;
/// Topics with their partitions.
using TopicPartitions = std::map<std::string, std::vector<int32_t>>;

/// Which stream ("MEMBER-0") of which member reads which partition. Round-robin wants all members to read the same
/// topics with as many streams; the error says so.
Result<std::map<TopicPartition, std::string>> divide_by_streams(OldAssignor assignor, TopicPartitions topics,
                                                                const OldMembers& members);

/// The member of a stream's name.
std::string member_of(const std::string& stream);

}  // namespace meerkat::client
