#include "client/admin.h"

#include <algorithm>

#include "wire/messages/19_create_topics.h"
#include "wire/messages/20_delete_topics.h"
#include "wire/messages/32_describe_configs.h"
#include "wire/messages/37_create_partitions.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;
constexpr int32_t kTimeoutMs = 30'000;

Fail<wire::Failure> no_answer(const Error& error) { return wire::refuse(ErrorCode::network_exception, error.message); }

wire::Outcome<void> outcome(ErrorCode code, const std::optional<std::string>& message) {
  if (code == ErrorCode::none) return {};
  return wire::refuse(code, message.value_or(""));
}

}  // namespace

wire::Outcome<void> Admin::create_topic(const TopicSpec& topic) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic.name;
  wanted.num_partitions = topic.partitions;
  wanted.replication_factor = topic.replication_factor;
  for (size_t p = 0; p < topic.assignment.size(); ++p) {
    wanted.assignments.push_back({static_cast<int32_t>(p), topic.assignment[p]});
  }
  for (const auto& [key, value] : topic.configs) wanted.configs.push_back({key, value});
  auto answer = cluster_.ask_controller<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(
      request, [](const wire::CreateTopicsResponse& r) {
        return !r.topics.empty() && r.topics[0].error_code == ErrorCode::not_controller;
      });
  if (!answer) return no_answer(answer.error());
  if (answer->topics.empty()) return wire::refuse(ErrorCode::unknown_server_error);
  return outcome(answer->topics[0].error_code, answer->topics[0].error_message);
}

wire::Outcome<void> Admin::delete_topic(const std::string& name) {
  wire::DeleteTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  // By name in the form that every version has; versions with ids take the other one.
  request.topic_names = {name};
  request.topics.emplace_back().name = name;
  auto answer = cluster_.ask_controller<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(
      request, [](const wire::DeleteTopicsResponse& r) {
        return !r.responses.empty() && r.responses[0].error_code == ErrorCode::not_controller;
      });
  if (!answer) return no_answer(answer.error());
  if (answer->responses.empty()) return wire::refuse(ErrorCode::unknown_server_error);
  return outcome(answer->responses[0].error_code, answer->responses[0].error_message);
}

wire::Outcome<void> Admin::create_partitions(const std::string& topic, int32_t count,
                                             const std::vector<std::vector<int32_t>>& assignment) {
  wire::CreatePartitionsRequest request;
  request.timeout_ms = kTimeoutMs;
  auto& wanted = request.topics.emplace_back();
  wanted.name = topic;
  wanted.count = count;
  wanted.assignments.reset();
  if (!assignment.empty()) {
    wanted.assignments.emplace();
    for (const auto& replicas : assignment) wanted.assignments->push_back({replicas});
  }
  auto answer = cluster_.ask_controller<wire::CreatePartitionsRequest, wire::CreatePartitionsResponse>(
      request, [](const wire::CreatePartitionsResponse& r) {
        return !r.results.empty() && r.results[0].error_code == ErrorCode::not_controller;
      });
  if (!answer) return no_answer(answer.error());
  if (answer->results.empty()) return wire::refuse(ErrorCode::unknown_server_error);
  return outcome(answer->results[0].error_code, answer->results[0].error_message);
}

wire::Outcome<std::vector<std::string>> Admin::list_topics() {
  auto view = cluster_.refresh(std::nullopt);
  if (!view) return no_answer(view.error());
  std::vector<std::string> names;
  for (const auto& [name, topic] : (*view)->topics) names.push_back(name);
  return names;
}

wire::Outcome<std::vector<TopicDescription>> Admin::describe_topics(
    const std::optional<std::vector<std::string>>& names) {
  auto view = cluster_.refresh(names);
  if (!view) return no_answer(view.error());
  std::vector<TopicDescription> topics;
  for (const auto& [name, topic] : (*view)->topics) {
    if (names && std::find(names->begin(), names->end(), name) == names->end()) continue;
    if (topic.error_code != ErrorCode::none)
      return wire::refuse(topic.error_code, "Topic '" + name + "' does not exist.");
    auto& description = topics.emplace_back();
    description.metadata = topic;
    std::sort(description.metadata.partitions.begin(), description.metadata.partitions.end(),
              [](const auto& a, const auto& b) { return a.partition_index < b.partition_index; });
  }
  if (auto read = read_configs(topics); !read) return read.failure();
  return topics;
}

wire::Outcome<void> Admin::read_configs(std::vector<TopicDescription>& topics) {
  if (topics.empty()) return {};
  constexpr int8_t kTopicResource = 2, kTopicSource = 1;
  wire::DescribeConfigsRequest request;
  for (const auto& topic : topics) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kTopicResource;
    resource.resource_name = *topic.metadata.name;
    resource.configuration_keys.reset();
  }
  auto view = cluster_.view();
  if (view->brokers.empty()) return wire::refuse(ErrorCode::broker_not_available);
  auto answer = cluster_.network().ask<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(
      view->brokers.begin()->second, request);
  if (!answer) return no_answer(answer.error());
  for (const auto& result : answer->results) {
    for (auto& topic : topics) {
      if (*topic.metadata.name != result.resource_name) continue;
      for (const auto& config : result.configs) {
        if (config.config_source == kTopicSource) topic.configs[config.name] = config.value.value_or("");
      }
    }
  }
  return {};
}

}  // namespace meerkat::client
