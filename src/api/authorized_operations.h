// The bit fields of KIP-430: which operations the client may do. Without an authorizer that is all a resource has.
#pragma once

#include <cstdint>

namespace meerkat::api {

namespace acl_operation {
inline constexpr int kRead = 3, kWrite = 4, kCreate = 5, kDelete = 6, kAlter = 7, kDescribe = 8, kClusterAction = 9,
                     kDescribeConfigs = 10, kAlterConfigs = 11, kIdempotentWrite = 12;
}  // namespace acl_operation

template <class... Operations>
constexpr int32_t operation_bits(Operations... operations) {
  return ((1 << operations) | ...);
}

inline constexpr int32_t kTopicOperations = [] {
  using namespace acl_operation;
  return operation_bits(kRead, kWrite, kCreate, kDelete, kAlter, kDescribe, kDescribeConfigs, kAlterConfigs);
}();
inline constexpr int32_t kGroupOperations =
    operation_bits(acl_operation::kRead, acl_operation::kDescribe, acl_operation::kDelete);
inline constexpr int32_t kClusterOperations = [] {
  using namespace acl_operation;
  return operation_bits(kCreate, kAlter, kDescribe, kClusterAction, kDescribeConfigs, kAlterConfigs, kIdempotentWrite);
}();

}  // namespace meerkat::api
