#include "test/bench/load/links.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <utility>

#include "wire/header.h"
#include "wire/messages/18_api_versions.h"

namespace meerkat::bench {

namespace {

// More at once would overflow the queue of a broker that accepts slowly, and be tried again only after a second.
constexpr size_t kOpeningAtOnce = 32;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct Opening : std::enable_shared_from_this<Opening> {
  Opening(event::Loop& l, std::vector<client::HostPort> t, Callback<Result<Links>> d)
      : loop(l), to(std::move(t)), done(std::move(d)), links(to.size()) {}

  void open_next() {
    if (next == to.size() || !done) return;
    const size_t index = next++;
    net::OutboundConfig config;
    config.host = to[index].host;
    config.port = to[index].port;
    config.request_timeout = std::chrono::seconds(60);
    links[index] = std::make_unique<net::Outbound>(loop, std::move(config));
    auto hello = wire::encode_request(0, "meerkat-load", 0, wire::ApiVersionsRequest{});
    links[index]->send(std::move(*hello), [self = shared_from_this()](const Result<net::Frame>& answer) {
      if (answer) return self->opened();
      if (self->done) std::exchange(self->done, nullptr)(answer.failure());
    });
  }

  void opened() {
    if (++answered < to.size()) return open_next();
    if (done) std::exchange(done, nullptr)(std::move(links));
  }

  event::Loop& loop;
  const std::vector<client::HostPort> to;
  Callback<Result<Links>> done;
  Links links;
  size_t next = 0, answered = 0;
};

}  // namespace

std::vector<Share> deal(const std::vector<client::HostPort>& leaders, int connections) {
  std::map<client::HostPort, std::vector<int32_t>> led;
  for (size_t i = 0; i < leaders.size(); ++i) led[leaders[i]].push_back(static_cast<int32_t>(i));
  std::vector<Share> shares;
  const size_t count = std::max(static_cast<size_t>(connections), led.size());
  size_t turn = 0;
  for (const auto& [broker, partitions] : led) {
    const size_t links = (count - turn++ + led.size() - 1) / led.size();
    for (size_t k = 0; k < links; ++k) {
      Share& share = shares.emplace_back(Share{broker, {}});
      for (size_t i = k; i < partitions.size(); i += links) share.partitions.push_back(partitions[i]);
      if (share.partitions.empty()) share.partitions.push_back(partitions[k % partitions.size()]);
    }
  }
  return shares;
}

void open_links(event::Loop& loop, std::vector<client::HostPort> to, Callback<Result<Links>> done) {
  raise_descriptor_limit();
  auto opening = std::make_shared<Opening>(loop, std::move(to), std::move(done));
  for (size_t i = 0; i < kOpeningAtOnce; ++i) opening->open_next();
}

}  // namespace meerkat::bench
