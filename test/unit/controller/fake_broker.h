// A Meerkat broker as the controller sees it: a registration in ZooKeeper, and a listener that writes down requests and
// answers them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cluster/kin.h"
#include "net/server.h"
#include "wire/codec.h"
#include "wire/header.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"
#include "wire/messages/18_api_versions.h"
#include "zk/registration.h"
#include "zk/session.h"

namespace meerkat::controller {

class FakeBroker : public net::FrameHandler {
 public:
  explicit FakeBroker(int32_t id) : id_(id), server_(std::make_unique<net::Server>(config(), *this)) {
    port_ = *server_->bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0});
    server_->enable_processing();
  }
  ~FakeBroker() override { die(); }

  /// As the death of its process looks from outside: connections broken, nobody listens.
  void die() {
    if (server_) server_->stop(std::chrono::milliseconds(0));
    server_.reset();
  }
  /// Listens again, at the same port.
  void revive() {
    server_ = std::make_unique<net::Server>(config(), *this);
    ASSERT_TRUE(server_->bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", port_}).ok());
    server_->enable_processing();
  }

  zk::BrokerInfo info() const {
    zk::BrokerInfo info;
    info.id = id_;
    info.endpoints.push_back({"PLAINTEXT", "127.0.0.1", port_, "PLAINTEXT"});
    return info;
  }
  int64_t register_in(zk::Session& session) { return *zk::register_broker(session, info()); }

  /// The lines so far: "UMR e1 live=1", "UMR t-0 leader=1", "LISR e1 t-0 leader=1 epoch=0 isr=1 new",
  /// "STOP t-0 epoch=-2 delete"; e is the controller's epoch.
  std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  /// Waits until a line holds `text`; false after ten seconds.
  bool saw(const std::string& text) const {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::seconds(10), [&] {
      for (const auto& line : lines_) {
        if (line.find(text) != std::string::npos) return true;
      }
      return false;
    });
  }
  /// Waits until so many connections have been told that this is a Meerkat broker: until then its death says nothing
  /// to them.
  void wait_for_kin(int count) const {
    while (kin_ < count) std::this_thread::yield();
  }
  void forget() {
    std::lock_guard lock(mutex_);
    lines_.clear();
  }
  /// Closes the connection instead of answering, so many times.
  void break_next(int times) {
    std::lock_guard lock(mutex_);
    to_break_ = times;
  }
  /// Of the last request.
  wire::RequestHeader last_header() const {
    std::lock_guard lock(mutex_);
    return header_;
  }

  void on_frame(const std::shared_ptr<net::Peer>&, net::Frame frame, net::Responder responder) override {
    size_t used = 0;
    const auto header = wire::decode_request_header(frame.bytes, &used);
    if (!header) return responder.close();
    const ByteView body = ByteView(frame.bytes).subspan(used);
    if (header->api_key() == wire::ApiKey::api_versions) {
      responder.send(answer(*header, meerkat()));
      ++kin_;
      return;
    }
    std::unique_lock lock(mutex_);
    header_ = *header;
    if (to_break_ > 0) {
      --to_break_;
      note("BROKEN");
      return responder.close();
    }
    switch (header->api_key()) {
      case wire::ApiKey::leader_and_isr:
        return responder.send(answer(*header, leader_and_isr(body, *header)));
      case wire::ApiKey::stop_replica:
        return responder.send(answer(*header, stop_replica(body, *header)));
      case wire::ApiKey::update_metadata:
        return responder.send(answer(*header, update_metadata(body, *header)));
      default:
        note("UNEXPECTED");
        return responder.close();
    }
  }
  bool may_pipeline(ByteView) const override { return false; }

 private:
  static net::ServerConfig config() {
    net::ServerConfig config;
    config.network_threads = 1;
    return config;
  }

  void note(std::string line) {
    lines_.push_back(std::move(line));
    arrived_.notify_all();
  }

  template <class Response>
  Chain answer(const wire::RequestHeader& header, const Response& response) {
    return wire::encode_response(header, header.request_api_version, response);
  }

  static wire::ApiVersionsResponse meerkat() {
    wire::ApiVersionsResponse response;
    response.supported_features.push_back({cluster::kKinFeature, 1, 1});
    return response;
  }

  wire::LeaderAndIsrResponse leader_and_isr(ByteView body, const wire::RequestHeader& header) {
    const auto request = *wire::decode<wire::LeaderAndIsrRequest>(body, header.request_api_version);
    wire::LeaderAndIsrResponse response;
    for (const auto& topic : request.topic_states) {
      auto& out = response.topics.emplace_back();
      out.topic_id = topic.topic_id;
      for (const auto& p : topic.partition_states) {
        out.partition_errors.emplace_back().partition_index = p.partition_index;
        note(absl::StrCat("LISR e", request.controller_epoch, " ", topic.topic_name, "-", p.partition_index,
                          " leader=", p.leader, " epoch=", p.leader_epoch, " isr=", absl::StrJoin(p.isr, ","),
                          p.is_new ? " new" : ""));
      }
    }
    return response;
  }

  wire::UpdateMetadataResponse update_metadata(ByteView body, const wire::RequestHeader& header) {
    const auto request = *wire::decode<wire::UpdateMetadataRequest>(body, header.request_api_version);
    std::vector<int32_t> live;
    for (const auto& b : request.live_brokers) live.push_back(b.id);
    note(absl::StrCat("UMR e", request.controller_epoch, " live=", absl::StrJoin(live, ",")));
    for (const auto& topic : request.topic_states) {
      for (const auto& p : topic.partition_states) {
        note(absl::StrCat("UMR ", topic.topic_name, "-", p.partition_index, " leader=", p.leader));
      }
    }
    return {};
  }

  wire::StopReplicaResponse stop_replica(ByteView body, const wire::RequestHeader& header) {
    const auto request = *wire::decode<wire::StopReplicaRequest>(body, header.request_api_version);
    wire::StopReplicaResponse response;
    for (const auto& topic : request.topic_states) {
      for (const auto& p : topic.partition_states) {
        auto& out = response.partition_errors.emplace_back();
        out.topic_name = topic.topic_name;
        out.partition_index = p.partition_index;
        note(absl::StrCat("STOP ", topic.topic_name, "-", p.partition_index, " epoch=", p.leader_epoch,
                          p.delete_partition ? " delete" : ""));
      }
    }
    return response;
  }

  const int32_t id_;
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  std::vector<std::string> lines_;
  wire::RequestHeader header_;
  int to_break_ = 0;
  std::atomic<int> kin_ = 0;
  std::unique_ptr<net::Server> server_;
};

}  // namespace meerkat::controller
