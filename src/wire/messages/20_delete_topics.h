// DeleteTopics (key 20): the controller deletes topics.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v4 flexible, v6 by topic id too (KIP-516).
struct DeleteTopicsRequest {
  static constexpr int16_t kKey = 20;
  static constexpr Versions kVersions = between(0, 6);
  static constexpr int16_t kFlexible = 4;

  struct DeleteTopicState {
    std::optional<std::string> name;
    Uuid topic_id;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("TopicId", m.topic_id);
    }
  };

  std::vector<DeleteTopicState> topics;
  std::vector<std::string> topic_names;
  int32_t timeout_ms = 0;

  static void fields(auto& m, auto& io) {
    io("Topics", m.topics, since(6));
    io("TopicNames", m.topic_names, between(0, 5), ignorable);
    io("TimeoutMs", m.timeout_ms);
  }
};

/// v1 throttle time, v4 flexible, v5 error message (KIP-599), v6 topic id (KIP-516).
struct DeleteTopicsResponse {
  static constexpr int16_t kKey = 20;
  static constexpr Versions kVersions = between(0, 6);
  static constexpr int16_t kFlexible = 4;

  struct DeletableTopicResult {
    std::optional<std::string> name = "";
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;

    static void fields(auto& m, auto& io) {
      io("Name", m.name, nullable_since(6));
      io("TopicId", m.topic_id, since(6), ignorable);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message, since(5), ignorable);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeletableTopicResult> responses;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("Responses", m.responses);
  }
};

}  // namespace meerkat::wire
