// A broker that is alone in its cluster and answers what a test wants: topic "t", and whatever handlers are set.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/server.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/header.h"
#include "wire/messages/03_metadata.h"
#include "wire/messages/10_find_coordinator.h"
#include "wire/messages/18_api_versions.h"

namespace meerkat::fakes {

/// Listens on 127.0.0.1 from its making on. Handlers run on its loop, one at a time; set them before requests come.
class ScriptedBroker : public net::FrameHandler {
 public:
  explicit ScriptedBroker(int32_t partitions = 2) : server_({.network_threads = 1}, *this) {
    auto bound = server_.bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0});
    EXPECT_TRUE(bound.ok());
    port_ = bound ? *bound : 0;
    on<wire::ApiVersionsRequest, wire::ApiVersionsResponse>([this](const auto&) {
      wire::ApiVersionsResponse response;
      for (const auto& [key, handler] : handlers_) {
        const auto versions = wire::api_info(static_cast<wire::ApiKey>(key)).versions;
        response.api_keys.push_back({key, versions.first, versions.last});
      }
      return response;
    });
    on<wire::MetadataRequest, wire::MetadataResponse>([this, partitions](const auto&) {
      wire::MetadataResponse response;
      response.brokers.push_back({1, "127.0.0.1", port_, std::nullopt});
      response.controller_id = 1;
      auto& topic = response.topics.emplace_back();
      topic.name = "t";
      topic.partitions.resize(static_cast<size_t>(partitions));
      for (int32_t p = 0; p < partitions; ++p) {
        topic.partitions[static_cast<size_t>(p)].partition_index = p;
        topic.partitions[static_cast<size_t>(p)].leader_id = 1;
      }
      return response;
    });
    on<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>([this](const auto&) {
      wire::FindCoordinatorResponse response;
      response.node_id = 1;
      response.host = "127.0.0.1";
      response.port = port_;
      return response;
    });
    server_.enable_processing();
  }
  ~ScriptedBroker() override { server_.stop(std::chrono::milliseconds(0)); }

  int port() const { return port_; }

  /// Answers every Request with what `handler` returns.
  template <class Request, class Response>
  void on(std::function<Response(const Request&)> handler) {
    handlers_[Request::kKey] = [handler = std::move(handler)](const wire::RequestHeader& header, ByteView body) {
      auto request = wire::decode<Request>(body, header.request_api_version);
      EXPECT_TRUE(request.ok());
      return wire::encode_response(header, header.request_api_version, handler(*request));
    };
  }
  /// The names of the APIs that were asked for so far, but for those that every client asks for.
  std::vector<std::string> calls() {
    MutexLock lock(mutex_);
    return calls_;
  }

  void on_frame(const std::shared_ptr<net::Peer>&, net::Frame frame, net::Responder responder) override {
    size_t used = 0;
    auto header = wire::decode_request_header(frame.bytes, &used);
    ASSERT_TRUE(header.ok());
    auto handler = handlers_.find(header->request_api_key);
    if (handler == handlers_.end()) return responder.close();
    if (header->request_api_key != 3 && header->request_api_key != 10 && header->request_api_key != 18) {
      MutexLock lock(mutex_);
      calls_.emplace_back(wire::name(header->api_key()));
    }
    responder.send(handler->second(*header, ByteView(frame.bytes).subspan(used)));
  }
  bool may_pipeline(ByteView) const override { return false; }

 private:
  int port_ = 0;
  std::map<int16_t, std::function<Chain(const wire::RequestHeader&, ByteView)>> handlers_;
  Mutex mutex_;
  std::vector<std::string> calls_ GUARDED_BY(mutex_);
  net::Server server_;
};

}  // namespace meerkat::fakes
