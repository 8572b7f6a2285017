#include "controller/kin.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "cluster/kin.h"
#include "wire/codec.h"
#include "wire/header.h"
#include "wire/messages/18_api_versions.h"

namespace meerkat::controller {
namespace {

constexpr int16_t kVersion = 3;

bool is_kin(ByteView frame) {
  size_t used = 0;
  if (!wire::decode_response_header(frame, wire::ApiKey::api_versions, kVersion, &used)) return false;
  const auto answer = wire::decode<wire::ApiVersionsResponse>(frame.subspan(used), kVersion);
  if (!answer) return false;
  return std::any_of(answer->supported_features.begin(), answer->supported_features.end(),
                     [](const auto& feature) { return feature.name == cluster::kKinFeature; });
}

}  // namespace

void ask_for_kin(net::Outbound& connection, std::function<void()> on_kin) {
  wire::ApiVersionsRequest request;
  request.client_software_name = cluster::kKinSoftware;
  request.client_software_version = "1";
  auto frame = wire::encode_request(0, "meerkat", kVersion, request);
  if (!frame) {
    LOG(DFATAL) << "ApiVersions cannot be encoded: " << frame.error().message;
    return;
  }
  connection.send(std::move(*frame), [on_kin = std::move(on_kin)](const Result<net::Frame>& answer) {
    if (answer && is_kin(answer->bytes)) on_kin();
  });
}

}  // namespace meerkat::controller
