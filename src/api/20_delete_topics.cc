// DeleteTopics v0–6, on the controller: marks the topics, then waits until the metadata has lost them. v6 by id.
#include "wire/messages/20_delete_topics.h"

#include <algorithm>
#include <set>

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/metadata_waits.h"
#include "api/services.h"
#include "cluster/topic_admin.h"
#include "config/values.h"
#include "controller/controller.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Response = wire::DeleteTopicsResponse;
using Result = Response::DeletableTopicResult;

/// Finds the name and id of each topic asked for; what cannot be found has its error already.
std::vector<Result> resolve(const wire::DeleteTopicsRequest& request, int16_t version,
                            const cluster::MetadataImage& image) {
  std::vector<Result> results;
  auto add = [&](std::optional<std::string> name, Uuid id) -> Result& {
    Result& result = results.emplace_back();
    result.name = std::move(name);
    result.topic_id = id;
    return result;
  };
  auto add_by_name = [&](const std::string& name) {
    const cluster::TopicInfo* topic = image.topic(name);
    add(name, topic != nullptr ? topic->id : Uuid{});
  };
  if (version < 6) {
    for (const auto& name : request.topic_names) add_by_name(name);
  }
  for (const auto& wanted : request.topics) {
    if (wanted.name && !wanted.topic_id.is_zero()) {
      Result& result = add(wanted.name, wanted.topic_id);
      result.error_code = ErrorCode::invalid_request;
      result.error_message = "A topic is named both by name and by id; give one of them.";
    } else if (wanted.name) {
      add_by_name(*wanted.name);
    } else if (const cluster::TopicInfo* topic = image.topic(wanted.topic_id)) {
      add(topic->name, wanted.topic_id);
    } else {
      add(std::nullopt, wanted.topic_id).error_code = ErrorCode::unknown_topic_id;
    }
  }
  std::multiset<std::string> names;
  for (const Result& result : results) names.insert(result.name.value_or(""));
  for (Result& result : results) {
    if (result.name && result.error_code == ErrorCode::none && names.count(*result.name) > 1) {
      result.error_code = ErrorCode::invalid_request;
      result.error_message = "The request names this topic more than once.";
    }
  }
  return results;
}

bool asked_by_id(const wire::DeleteTopicsRequest& request, const Uuid& id) {
  return !id.is_zero() && std::any_of(request.topics.begin(), request.topics.end(),
                                      [&](const auto& topic) { return topic.topic_id == id; });
}

void fail_all(std::vector<Result>& results, ErrorCode code, const std::optional<std::string>& message = {}) {
  for (Result& result : results) {
    result.error_code = code;
    result.error_message = message;
  }
}

}  // namespace

void delete_topics(Services& services, RequestContext context, wire::DeleteTopicsRequest request,
                   Reply<wire::DeleteTopicsResponse> reply) {
  Response response;
  response.responses = resolve(request, context.version(), *services.metadata.image());
  auto& results = response.responses;
  if (!services.controller.is_active()) {
    fail_all(results, ErrorCode::not_controller);
    return reply.send(response);
  }
  if (!services.config()->values().delete_topic_enable) {
    fail_all(results, context.version() < 3 ? ErrorCode::invalid_request : ErrorCode::topic_deletion_disabled,
             "Topic deletion is switched off: delete.topic.enable=false.");
    return reply.send(response);
  }
  const Gate gate(services, context);
  for (Result& result : results) {
    if (!result.name || result.error_code != ErrorCode::none) continue;
    const bool may_describe = gate.topic(security::Operation::describe, *result.name);
    const bool by_id = asked_by_id(request, result.topic_id);
    if ((may_describe || !by_id) && gate.topic(security::Operation::remove, *result.name)) continue;
    result.error_code = ErrorCode::topic_authorization_failed;
    if (may_describe) continue;
    // Of what may not be described only that is told which the client said itself.
    if (by_id) {
      result.name = std::nullopt;
    } else {
      result.topic_id = {};
    }
  }
  auto awaited = std::make_shared<std::set<std::string>>();
  for (Result& result : results) {
    if (result.error_code != ErrorCode::none) continue;
    if (auto marked = services.topics.delete_topic(*result.name); !marked) {
      result.error_code = marked.error().code;
      result.error_message = marked.error().message;
    } else {
      awaited->insert(*result.name);
    }
  }
  if (awaited->empty()) return reply.send(response);
  auto gone = [awaited](const cluster::MetadataImage& image) {
    for (const auto& name : *awaited) {
      if (image.topic(name) != nullptr) return false;
    }
    return true;
  };
  services.metadata_waits.wait(gone, std::chrono::milliseconds(std::max(request.timeout_ms, 0)),
                               [&services, response = std::move(response), reply = std::move(reply)]() mutable {
                                 auto image = services.metadata.image();
                                 for (Result& result : response.responses) {
                                   if (result.error_code == ErrorCode::none && image->topic(*result.name) != nullptr) {
                                     result.error_code = ErrorCode::request_timed_out;
                                   }
                                 }
                                 reply.send(response);
                               });
}

}  // namespace meerkat::api
