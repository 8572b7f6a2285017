// DescribeConfigs v0–4: configs of topics and of this broker. v1 sources and synonyms, v3 types and documentation.
#include "wire/messages/32_describe_configs.h"

#include <algorithm>

#include "api/broker_loggers.h"
#include "api/config_resource.h"
#include "api/handlers.h"
#include "config/topic_values.h"
#include "config/values.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::DescribeConfigsRequest;
using Response = wire::DescribeConfigsResponse;

/// KIP-569's numbers.
int8_t type_number(const std::optional<config::Type>& type) {
  if (!type) return 0;
  switch (*type) {
    case config::Type::boolean:
      return 1;
    case config::Type::string:
      return 2;
    case config::Type::int32:
      return 3;
    case config::Type::int16:
      return 4;
    case config::Type::int64:
      return 5;
    case config::Type::float64:
      return 6;
    case config::Type::list:
      return 7;
    case config::Type::klass:
      return 8;
    case config::Type::password:
      return 9;
  }
  return 0;
}

Response::DescribeConfigsResourceResult line(const config::DescribedConfig& config, const Request& request,
                                             int16_t version, config::Source own) {
  Response::DescribeConfigsResourceResult out;
  out.name = config.name;
  out.value = config.value;
  out.read_only = config.read_only;
  if (version == 0) out.is_default = config.source != own;  // anything that is not the resource's own
  out.config_source = static_cast<int8_t>(config.source);
  out.is_sensitive = config.sensitive;
  out.config_type = type_number(config.type);
  out.documentation = std::nullopt;
  if (request.include_documentation) out.documentation = config.doc;
  if (!request.include_synonyms) return out;
  for (const auto& synonym : config.synonyms) {
    auto& s = out.synonyms.emplace_back();
    s.name = synonym.name;
    s.value = synonym.value;
    s.source = static_cast<int8_t>(synonym.source);
  }
  return out;
}

wire::Outcome<std::vector<config::DescribedConfig>> describe(Services& services, const Gate& gate, int8_t type,
                                                             const std::string& name) {
  if (auto allowed = may(gate, security::Operation::describe_configs, type, name); !allowed) return allowed.failure();
  auto config = services.config();
  if (type == static_cast<int8_t>(ResourceType::broker_logger)) {
    if (auto here = this_broker(services, name); !here) return here.failure();
    std::vector<config::DescribedConfig> lines;
    for (auto& [logger, level] : BrokerLoggers::describe()) {
      auto& line = lines.emplace_back();
      line.name = logger;
      line.value = level;
      line.source = config::Source::dynamic_broker_logger;
    }
    return lines;
  }
  auto entity = config_entity(services, type, name);
  if (!entity) return entity.failure();
  if (entity->type == cluster::ConfigType::topics) {
    auto own = read_config(services, *entity);
    if (!own) return own.failure();
    return config::describe_topic(*config, *own);
  }
  return entity->name == cluster::kDefaultEntity ? config->describe_defaults() : config->describe();
}

}  // namespace

void describe_configs(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  Response response;
  const Gate gate(services, context);
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    auto found = describe(services, gate, resource.resource_type, resource.resource_name);
    if (!found) {
      result.error_code = found.error().code;
      result.error_message = found.error().message;
      continue;
    }
    result.error_message = std::nullopt;
    const auto own = resource.resource_type == static_cast<int8_t>(ResourceType::topic) ? config::Source::topic
                                                                                        : config::Source::static_broker;
    for (const auto& config : *found) {
      const auto& keys = resource.configuration_keys;
      if (keys && std::find(keys->begin(), keys->end(), config.name) == keys->end()) continue;
      result.configs.push_back(line(config, request, context.version(), own));
    }
  }
  reply.send(response);
}

}  // namespace meerkat::api
