// DescribeAcls v0–3, CreateAcls v0–3, DeleteAcls v0–3 (KIP-140): ACLs as administrators see them. v1 pattern types
// (KIP-290), v3 users as resources (KIP-373).
#include <algorithm>

#include "api/handlers.h"
#include "api/services.h"
#include "security/authorizer.h"
#include "wire/messages/29_describe_acls.h"
#include "wire/messages/30_create_acls.h"
#include "wire/messages/31_delete_acls.h"

namespace meerkat::api {
namespace {

using security::AclBinding;
using security::AclFilter;
using wire::ErrorCode;

constexpr char kNoAuthorizer[] = "No authorizer is configured on this broker (authorizer.class.name is empty).";

template <class Number>
int8_t code(Number number) {
  return static_cast<int8_t>(number);
}

/// The filter of a request; nothing if it has an element that no client of ours can mean.
template <class Request>
std::optional<AclFilter> filter_of(const Request& request) {
  AclFilter filter{security::resource_type(request.resource_type_filter),
                   request.resource_name_filter,
                   security::pattern_type(request.pattern_type_filter),
                   request.principal_filter,
                   request.host_filter,
                   security::operation(request.operation),
                   security::permission(request.permission_type)};
  if (filter.type == security::ResourceType::unknown || filter.pattern == security::PatternType::unknown ||
      filter.operation == security::Operation::unknown || filter.permission == security::Permission::unknown) {
    return std::nullopt;
  }
  return filter;
}

AclBinding binding_of(const wire::CreateAclsRequest::AclCreation& asked) {
  return {
      {security::resource_type(asked.resource_type), asked.resource_name,
       security::pattern_type(asked.resource_pattern_type)},
      {asked.principal, asked.host, security::operation(asked.operation), security::permission(asked.permission_type)}};
}

bool is_unknown(const AclBinding& b) {
  return b.resource.type == security::ResourceType::unknown || b.resource.pattern == security::PatternType::unknown ||
         b.entry.operation == security::Operation::unknown || b.entry.permission == security::Permission::unknown;
}

/// Whether it stands for several ACLs, as only a filter may.
bool is_filter(const AclBinding& b) {
  return b.resource.type == security::ResourceType::any || b.resource.pattern == security::PatternType::any ||
         b.resource.pattern == security::PatternType::match || b.entry.operation == security::Operation::any ||
         b.entry.permission == security::Permission::any;
}

wire::Outcome<void> check(const AclBinding& binding) {
  const auto& resource = binding.resource;
  if (resource.type == security::ResourceType::cluster && resource.name != security::kClusterName) {
    return wire::refuse(ErrorCode::invalid_request, "The only valid name for the CLUSTER resource is kafka-cluster");
  }
  if (resource.name.empty()) return wire::refuse(ErrorCode::invalid_request, "Invalid empty resource name");
  if (resource.name.find('/') != std::string::npos) {
    return wire::refuse(ErrorCode::invalid_request, "Failed to create ACL");
  }
  if (!security::is_principal(binding.entry.principal)) return wire::refuse(ErrorCode::unknown_server_error);
  return {};
}

/// As tools show it: a server's own trouble comes without a text.
std::optional<std::string> text_of(const wire::Failure& failure) {
  if (failure.code == ErrorCode::unknown_server_error) return std::nullopt;
  return failure.message;
}

template <class Result>
void set_failure(Result& result, const wire::Failure& failure) {
  result.error_code = failure.code;
  result.error_message = text_of(failure);
}

}  // namespace

void describe_acls(Services& services, RequestContext, wire::DescribeAclsRequest request,
                   Reply<wire::DescribeAclsResponse> reply) {
  wire::DescribeAclsResponse response;
  const auto filter = filter_of(request);
  if (!filter) return reply.close();
  if (services.authorizer == nullptr) {
    set_failure(response, {ErrorCode::security_disabled, kNoAuthorizer});
    return reply.send(response);
  }
  const security::ResourcePattern* last = nullptr;
  const auto bindings = services.authorizer->store().image()->matching(*filter);
  for (const auto& [resource, entry] : bindings) {
    if (last == nullptr || *last != resource) {
      response.resources.push_back({code(resource.type), resource.name, code(resource.pattern), {}});
    }
    last = &resource;
    response.resources.back().acls.push_back(
        {entry.principal, entry.host, code(entry.operation), code(entry.permission)});
  }
  reply.send(response);
}

void create_acls(Services& services, RequestContext, wire::CreateAclsRequest request,
                 Reply<wire::CreateAclsResponse> reply) {
  wire::CreateAclsResponse response;
  response.results.resize(request.creations.size());
  auto fail_all = [&](const wire::Failure& failure) {
    for (auto& result : response.results) set_failure(result, failure);
    reply.send(response);
  };
  std::vector<AclBinding> bindings;
  for (const auto& asked : request.creations) bindings.push_back(binding_of(asked));
  if (std::any_of(bindings.begin(), bindings.end(), is_unknown)) return reply.close();
  if (services.authorizer == nullptr) return fail_all({ErrorCode::security_disabled, kNoAuthorizer});
  if (std::any_of(bindings.begin(), bindings.end(), is_filter)) return fail_all({ErrorCode::unknown_server_error, {}});
  std::vector<AclBinding> valid;
  std::vector<size_t> indexes;  // of the valid ones
  for (size_t i = 0; i < bindings.size(); ++i) {
    if (auto good = check(bindings[i]); !good) {
      set_failure(response.results[i], good.error());
    } else {
      valid.push_back(std::move(bindings[i]));
      indexes.push_back(i);
    }
  }
  const auto outcomes = services.authorizer->store().add(valid);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i]) set_failure(response.results[indexes[i]], outcomes[i].error());
  }
  reply.send(response);
}

void delete_acls(Services& services, RequestContext, wire::DeleteAclsRequest request,
                 Reply<wire::DeleteAclsResponse> reply) {
  wire::DeleteAclsResponse response;
  response.filter_results.resize(request.filters.size());
  std::vector<AclFilter> filters;
  for (const auto& asked : request.filters) {
    auto filter = filter_of(asked);
    if (!filter) return reply.close();
    filters.push_back(std::move(*filter));
  }
  if (services.authorizer == nullptr) {
    for (auto& result : response.filter_results) set_failure(result, {ErrorCode::security_disabled, kNoAuthorizer});
    return reply.send(response);
  }
  auto removals = services.authorizer->store().remove(filters);
  for (size_t i = 0; i < removals.size(); ++i) {
    auto& result = response.filter_results[i];
    result.error_message = std::nullopt;
    for (auto& [binding, outcome] : removals[i]) {
      auto& out = result.matching_acls.emplace_back();
      out.error_message = std::nullopt;
      if (!outcome) set_failure(out, outcome.error());
      out.resource_type = code(binding.resource.type);
      out.resource_name = std::move(binding.resource.name);
      out.pattern_type = code(binding.resource.pattern);
      out.principal = std::move(binding.entry.principal);
      out.host = std::move(binding.entry.host);
      out.operation = code(binding.entry.operation);
      out.permission_type = code(binding.entry.permission);
    }
  }
  reply.send(response);
}

}  // namespace meerkat::api
