// How long a controller's term takes to begin: from standing for election to the last replica told, against a real
// ZooKeeper and three simulated brokers.
//   controller_failover [PARTITIONS …]      default: 10000 100000
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "controller/controller.h"
#include "net/server.h"
#include "test/fakes/zookeeper_server.h"
#include "wire/codec.h"
#include "wire/header.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/persistent_paths.h"
#include "zk/registration.h"

namespace {

using namespace meerkat;
using Clock = std::chrono::steady_clock;

constexpr int kBrokers = 3;
constexpr int kPartitionsOfATopic = 10;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Takes every order, and counts the replicas it was told of.
class SimulatedBroker : public net::FrameHandler {
 public:
  explicit SimulatedBroker(int32_t id) : id_(id), server_(config(), *this) {
    port_ = *server_.bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0});
    server_.enable_processing();
  }
  ~SimulatedBroker() override { server_.stop(std::chrono::milliseconds(0)); }

  void register_in(zk::Session& session) {
    zk::BrokerInfo info;
    info.id = id_;
    info.endpoints.push_back({"PLAINTEXT", "127.0.0.1", port_, "PLAINTEXT"});
    if (!zk::register_broker(session, info)) std::abort();
  }
  int64_t told() const { return told_; }
  void forget() { told_ = 0; }
  std::shared_ptr<const cluster::MetadataImage> metadata() const { return metadata_.image(); }

  void on_frame(const std::shared_ptr<net::Peer>&, net::Frame frame, net::Responder responder) override {
    size_t used = 0;
    const auto header = wire::decode_request_header(frame.bytes, &used);
    if (!header) return responder.close();
    const int16_t version = header->request_api_version;
    const ByteView body = ByteView(frame.bytes).subspan(used);
    switch (header->api_key()) {
      case wire::ApiKey::leader_and_isr: {
        const auto request = wire::decode<wire::LeaderAndIsrRequest>(body, version);
        for (const auto& topic : request->topic_states) told_ += static_cast<int64_t>(topic.partition_states.size());
        return responder.send(wire::encode_response(*header, version, wire::LeaderAndIsrResponse{}));
      }
      case wire::ApiKey::stop_replica:
        return responder.send(wire::encode_response(*header, version, wire::StopReplicaResponse{}));
      case wire::ApiKey::update_metadata:
        metadata_.apply(*wire::decode<wire::UpdateMetadataRequest>(body, version));
        [[fallthrough]];
      default:
        return responder.send(wire::encode_response(*header, version, wire::UpdateMetadataResponse{}));
    }
  }
  bool may_pipeline(ByteView) const override { return false; }

 private:
  static net::ServerConfig config() {
    net::ServerConfig config;
    config.network_threads = 1;
    return config;
  }
  const int32_t id_;
  std::atomic<int64_t> told_{0};
  cluster::MetadataCache metadata_;
  net::Server server_;
  int port_ = 0;
};

std::unique_ptr<zk::Session> connect(const std::string& where, int in_flight) {
  zk::Session::Options options;
  options.connect = where;
  options.session_timeout = std::chrono::seconds(30);
  options.max_in_flight = in_flight;
  auto session = zk::Session::open(options);
  if (!session) {
    std::fprintf(stderr, "%s\n", session.error().message.c_str());
    std::exit(1);
  }
  return std::move(*session);
}

/// Partition p of a topic is led by broker p % 3 + 1, with the other two in sync.
void create_topics(zk::Session& session, int partitions) {
  std::vector<zk::Request> batch;
  const auto node = [&](std::string path, std::optional<std::string> data) {
    batch.push_back(zk::Create{std::move(path), std::move(data)});
  };
  for (int t = 0; t * kPartitionsOfATopic < partitions; ++t) {
    const std::string topic = "topic-" + std::to_string(t);
    zk::TopicAssignment assignment;
    assignment.topic_id = Uuid::random();
    for (int p = 0; p < kPartitionsOfATopic; ++p) {
      for (int r = 0; r < kBrokers; ++r) assignment.partitions[p].push_back((p + r) % kBrokers + 1);
    }
    node(zk::paths::topic(topic), zk::encode(assignment));
    node(zk::paths::topic(topic) + "/partitions", std::nullopt);
    for (const auto& [p, replicas] : assignment.partitions) {
      node(zk::paths::topic(topic) + "/partitions/" + std::to_string(p), std::nullopt);
      node(zk::paths::partition_state(topic, p),
           zk::encode(zk::PartitionStateNode{0, replicas[0], 0, replicas, false}));
    }
  }
  session.run(std::move(batch));
}

void measure(int partitions) {
  test::ZooKeeperServer zookeeper;
  auto session = connect(zookeeper.connect(), 512);
  if (!zk::create_persistent_paths(*session)) std::abort();
  std::vector<std::unique_ptr<SimulatedBroker>> brokers;
  for (int id = 1; id <= kBrokers; ++id) {
    brokers.push_back(std::make_unique<SimulatedBroker>(id));
    brokers.back()->register_in(*session);
  }
  create_topics(*session, partitions);
  struct Case {
    int in_flight;
    bool told;  // whether its own broker was told the metadata before
  };
  for (const Case c : {Case{10, false}, Case{512, false}, Case{10, true}}) {
    auto own = connect(zookeeper.connect(), c.in_flight);
    controller::Settings settings;
    settings.broker_id = 1;
    settings.auto_leader_rebalance_enable = false;
    const auto known = c.told ? brokers.front()->metadata() : nullptr;
    controller::Controller controller(settings, *own, meerkat::Clock::system(),
                                      controller::OwnBroker{[] { return false; }, [&] { return known; }});
    for (auto& broker : brokers) broker->forget();
    const auto start = Clock::now();
    controller.start();
    const auto all_told = [&] {
      for (auto& broker : brokers) {
        if (broker->told() < partitions) return false;
      }
      return true;
    };
    while (!all_told()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::printf("%7d partitions, %3d requests in flight%s: %6.2f s from election to the last replica told\n",
                partitions, c.in_flight, c.told ? ", states guessed" : "", seconds_since(start));
    std::fflush(stdout);
    controller.stop();
    own->close();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {10'000, 100'000};
  for (int partitions : sizes) measure(partitions);
}
