// AlterConfigs v0–2 (replaces all settings of a resource) and IncrementalAlterConfigs v0–1 (KIP-339).
#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "api/broker_loggers.h"
#include "api/config_resource.h"
#include "api/handlers.h"
#include "config/broker_configs.h"
#include "config/topic_configs.h"
#include "config/topic_values.h"
#include "config/values.h"
#include "wire/messages/33_alter_configs.h"
#include "wire/messages/44_incremental_alter_configs.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
enum class Operation : int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

/// The elements of a list config as it stands, default included.
std::vector<std::string> current_list(const Services& services, const cluster::ConfigEntity& entity,
                                      const config::Entries& settings, const std::string& key) {
  std::optional<std::string> text;
  if (auto it = settings.find(key); it != settings.end()) {
    text = it->second;
  } else if (entity.type == cluster::ConfigType::topics) {
    for (const auto& c : config::describe_topic(*services.config(), settings)) {
      if (c.name == key) text = c.value;
    }
  } else {
    text = services.config()->get(key);
  }
  std::vector<std::string> elements;
  if (text && !text->empty()) elements = absl::StrSplit(*text, ',');
  return elements;
}

const config::Definition* definition(const cluster::ConfigEntity& entity, const std::string& key) {
  if (entity.type != cluster::ConfigType::topics) return config::find_broker_config(key);
  const auto* row = config::find_topic_config(key);
  return row != nullptr ? &row->definition : nullptr;
}

wire::Outcome<void> change_list(const Services& services, const cluster::ConfigEntity& entity,
                                const wire::IncrementalAlterConfigsRequest::AlterableConfig& change,
                                config::Entries& settings) {
  const auto* row = definition(entity, change.name);
  if (row == nullptr || row->type != config::Type::list) {
    return wire::refuse(ErrorCode::invalid_config,
                        "'" + change.name + "' is no list: nothing can be added or taken away.");
  }
  std::vector<std::string> elements = current_list(services, entity, settings, change.name);
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(*change.value, ','))) {
    auto it = std::find(elements.begin(), elements.end(), word);
    if (static_cast<Operation>(change.config_operation) == Operation::subtract) {
      if (it != elements.end()) elements.erase(it);
    } else if (it == elements.end()) {
      elements.emplace_back(word);
    }
  }
  settings.insert_or_assign(change.name, absl::StrJoin(elements, ","));
  return {};
}

/// Levels live in the process, not in ZooKeeper: a restart brings back those of the flags.
wire::Outcome<void> alter_loggers(const Services& services,
                                  const wire::IncrementalAlterConfigsRequest::AlterConfigsResource& resource,
                                  bool validate_only) {
  if (auto here = this_broker(services, resource.resource_name); !here) return here;
  std::vector<LoggerChange> changes;
  for (const auto& change : resource.configs) {
    const auto operation = static_cast<Operation>(change.config_operation);
    if (operation != Operation::set && operation != Operation::remove) {
      return wire::refuse(ErrorCode::invalid_request, "A log level can be set or deleted, nothing else.");
    }
    changes.push_back({change.name, operation == Operation::remove, change.value.value_or("")});
  }
  if (auto valid = BrokerLoggers::check(changes); !valid || validate_only) return valid;
  BrokerLoggers::apply(changes);
  return {};
}

wire::Outcome<void> alter(Services& services,
                          const wire::IncrementalAlterConfigsRequest::AlterConfigsResource& resource,
                          bool validate_only) {
  std::set<std::string_view> names;
  for (const auto& change : resource.configs) {
    if (!names.insert(change.name).second) {
      return wire::refuse(ErrorCode::invalid_request, "'" + change.name + "' is altered more than once.");
    }
    if (static_cast<Operation>(change.config_operation) != Operation::remove && !change.value) {
      return wire::refuse(ErrorCode::invalid_request,
                          "'" + change.name + "' has a null value; use the delete operation.");
    }
  }
  if (static_cast<ResourceType>(resource.resource_type) == ResourceType::broker_logger) {
    return alter_loggers(services, resource, validate_only);
  }
  auto entity = config_entity(services, resource.resource_type, resource.resource_name);
  if (!entity) return entity.failure();
  auto settings = read_config(services, *entity);
  if (!settings) return settings.failure();
  for (const auto& change : resource.configs) {
    switch (static_cast<Operation>(change.config_operation)) {
      case Operation::set:
        settings->insert_or_assign(change.name, *change.value);
        break;
      case Operation::remove:
        settings->erase(change.name);
        break;
      case Operation::append:
      case Operation::subtract:
        if (auto done = change_list(services, *entity, change, *settings); !done) return done;
        break;
      default:
        return wire::refuse(ErrorCode::invalid_request,
                            "There is no config operation " + std::to_string(change.config_operation) + ".");
    }
  }
  return store_config(services, *entity, *settings, validate_only);
}

wire::Outcome<void> alter(Services& services, const wire::AlterConfigsRequest::AlterConfigsResource& resource,
                          bool validate_only) {
  config::Entries settings;
  for (const auto& c : resource.configs) {
    if (!c.value) return wire::refuse(ErrorCode::invalid_request, "'" + c.name + "' has a null value.");
    settings.insert_or_assign(c.name, *c.value);
  }
  auto entity = config_entity(services, resource.resource_type, resource.resource_name);
  if (!entity) return entity.failure();
  return store_config(services, *entity, settings, validate_only);
}

/// Both requests have the same shape: a list of resources, each with an answer of its own.
template <class Request, class Response>
void alter_all(Services& services, const Gate& gate, const Request& request, Reply<Response>& reply) {
  Response response;
  std::multiset<std::pair<int8_t, std::string>> resources;
  for (const auto& r : request.resources) resources.emplace(r.resource_type, r.resource_name);
  for (const auto& resource : request.resources) {
    auto& result = response.responses.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    result.error_message = std::nullopt;
    auto done = may(gate, security::Operation::alter_configs, resource.resource_type, resource.resource_name);
    if (done) {
      done = resources.count({resource.resource_type, resource.resource_name}) > 1
                 ? wire::refuse(ErrorCode::invalid_request, "The request names this resource more than once.")
                 : alter(services, resource, request.validate_only);
    }
    if (!done) {
      result.error_code = done.error().code;
      result.error_message = done.error().message;
    }
  }
  reply.send(response);
}

}  // namespace

void alter_configs(Services& services, RequestContext context, wire::AlterConfigsRequest request,
                   Reply<wire::AlterConfigsResponse> reply) {
  alter_all(services, Gate(services, context), request, reply);
}

void incremental_alter_configs(Services& services, RequestContext context, wire::IncrementalAlterConfigsRequest request,
                               Reply<wire::IncrementalAlterConfigsResponse> reply) {
  alter_all(services, Gate(services, context), request, reply);
}

}  // namespace meerkat::api
