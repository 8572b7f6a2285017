#include "broker/controlled_shutdown.h"

#include <glog/logging.h>

#include <future>
#include <thread>

#include "wire/messages/07_controlled_shutdown.h"

namespace meerkat::broker {
namespace {

using Response = wire::ControlledShutdownResponse;

Result<Response> ask(ControllerClient& client, const ControlledShutdownSettings& settings) {
  auto answered = std::make_shared<std::promise<Result<Response>>>();
  auto future = answered->get_future();
  client.loop().post([&client, settings, answered] {
    wire::ControlledShutdownRequest request;
    request.broker_id = settings.broker_id;
    request.broker_epoch = settings.broker_epoch;
    constexpr int16_t kVersion = 3;
    client.call<wire::ControlledShutdownRequest, Response>(
        request, kVersion, [answered](Result<Response> answer) { answered->set_value(std::move(answer)); });
  });
  return future.get();
}

}  // namespace

bool controlled_shutdown(ControllerClient& client, const ControlledShutdownSettings& settings) {
  for (int left = settings.max_retries; left > 0; --left) {
    auto answer = ask(client, settings);
    if (answer && answer->error_code == wire::ErrorCode::none && answer->remaining_partitions.empty()) return true;
    LOG(WARNING) << "controlled shutdown not done yet: "
                 << (!answer ? answer.error().message
                     : answer->error_code != wire::ErrorCode::none
                         ? std::string(wire::name(answer->error_code))
                         : std::to_string(answer->remaining_partitions.size()) + " partitions are still led here");
    if (left > 1) std::this_thread::sleep_for(std::chrono::milliseconds(settings.retry_backoff_ms));
  }
  return false;
}

}  // namespace meerkat::broker
