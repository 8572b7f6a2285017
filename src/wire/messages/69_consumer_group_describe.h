// ConsumerGroupDescribe (key 69): groups of the new protocol (KIP-848).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct ConsumerGroupDescribeRequest {
  static constexpr int16_t kKey = 69;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;

  static void fields(auto& m, auto& io) {
    io("GroupIds", m.group_ids);
    io("IncludeAuthorizedOperations", m.include_authorized_operations);
  }
};

struct ConsumerGroupDescribeResponse {
  static constexpr int16_t kKey = 69;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct TopicPartitions {
    Uuid topic_id;
    std::string topic_name;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("TopicId", m.topic_id);
      io("TopicName", m.topic_name);
      io("Partitions", m.partitions);
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;

    static void fields(auto& m, auto& io) { io("TopicPartitions", m.topic_partitions); }
  };

  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    int32_t member_epoch = 0;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    std::optional<std::string> subscribed_topic_regex;
    Assignment assignment;
    Assignment target_assignment;

    static void fields(auto& m, auto& io) {
      io("MemberId", m.member_id);
      io("InstanceId", m.instance_id);
      io("RackId", m.rack_id);
      io("MemberEpoch", m.member_epoch);
      io("ClientId", m.client_id);
      io("ClientHost", m.client_host);
      io("SubscribedTopicNames", m.subscribed_topic_names);
      io("SubscribedTopicRegex", m.subscribed_topic_regex);
      io("Assignment", m.assignment);
      io("TargetAssignment", m.target_assignment);
    }
  };

  struct DescribedGroup {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    int32_t group_epoch = 0;
    int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<Member> members;
    int32_t authorized_operations = std::numeric_limits<int32_t>::min();

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("GroupId", m.group_id);
      io("GroupState", m.group_state);
      io("GroupEpoch", m.group_epoch);
      io("AssignmentEpoch", m.assignment_epoch);
      io("AssignorName", m.assignor_name);
      io("Members", m.members);
      io("AuthorizedOperations", m.authorized_operations);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Groups", m.groups);
  }
};

}  // namespace meerkat::wire
