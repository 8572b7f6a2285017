// What the kernel alone costs: a server that does for produce and fetch the least that any broker must. It receives,
// checks the checksum, writes to the page cache and answers, and sends from there by sendfile; it has one thread, no
// layers, and forgets everything when it ends. For the load generator only: foreign bytes make it stop.
//   floor PORT FOLDER
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/crc32c.h"
#include "base/varint.h"
#include "record/batch.h"
#include "wire/header.h"
#include "wire/messages/00_produce.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/03_metadata.h"
#include "wire/messages/18_api_versions.h"
#include "wire/messages/19_create_topics.h"

namespace meerkat::bench {
namespace {

constexpr size_t kReadBytes = 256 << 10;

[[noreturn]] void stop(const char* why) {
  std::perror(why);
  std::exit(1);
}

struct Partition {
  std::shared_ptr<File> file;
  int64_t bytes = 0, next_offset = 0;
  std::vector<std::pair<int64_t, int64_t>> index;  // base offset and position of every batch
  Bytes answer;                                    // to a produce request, made once; two fields differ
  size_t base_offset_at = 0;
};

struct Client {
  int fd = -1;
  Bytes input = Bytes(kReadBytes);
  size_t have = 0;
  Bytes output;  // answers to what came with one read leave together
};

class Floor {
 public:
  Floor(int port, std::string folder) : port_(port), folder_(std::move(folder)) {}
  [[noreturn]] void run();

 private:
  void accept_client();
  bool read_from(Client& client);
  void take(Client& client, MutableBytes frame);
  void produce(Client& client, MutableBytes frame);
  Chain fetch(const wire::RequestHeader& header, ByteView body);
  Chain metadata(const wire::RequestHeader& header, ByteView body) const;
  Chain create(const wire::RequestHeader& header, ByteView body);
  static Chain versions(const wire::RequestHeader& header);
  Partition& partition(const std::string& topic, int32_t index) {
    return topics_[topic].at(static_cast<size_t>(index));
  }

  const int port_;
  const std::string folder_;
  int listener_ = -1, epoll_ = -1;
  std::map<int, std::unique_ptr<Client>> clients_;
  std::map<std::string, std::vector<Partition>> topics_;
};

// ---- Sockets: reads when there is something, blocking writes.

void send_all(int fd, ByteView bytes, int flags = 0) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
    if (n <= 0) return;  // the next read will see that it is gone
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

void send_framed(int fd, const Chain& chain) {
  uint8_t length[4];
  store_be<int32_t>(length, static_cast<int32_t>(chain.size()));
  send_all(fd, length, MSG_MORE);
  for (size_t i = 0; i < chain.parts().size(); ++i) {
    const auto& part = chain.parts()[i];
    const int more = i + 1 < chain.parts().size() ? MSG_MORE : 0;
    if (const auto* bytes = std::get_if<Bytes>(&part)) send_all(fd, *bytes, more);
    if (const auto* view = std::get_if<SharedView>(&part)) send_all(fd, view->bytes, more);
    if (const auto* range = std::get_if<FileRange>(&part)) {
      off_t at = range->offset;
      while (at < range->offset + range->length) {
        if (::sendfile(fd, range->file->fd(), &at, static_cast<size_t>(range->offset + range->length - at)) <= 0)
          return;
      }
    }
  }
}

void Floor::run() {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) stop("bind");
  if (::listen(listener_, 128) != 0) stop("listen");
  epoll_ = ::epoll_create1(0);
  epoll_event wanted{EPOLLIN, {.fd = listener_}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &wanted);
  while (true) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        accept_client();
      } else if (!read_from(*clients_.at(fd))) {
        ::close(fd);
        clients_.erase(fd);
      }
    }
  }
}

void Floor::accept_client() {
  auto client = std::make_unique<Client>();
  client->fd = ::accept(listener_, nullptr, nullptr);
  if (client->fd < 0) return;
  epoll_event wanted{EPOLLIN, {.fd = client->fd}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client->fd, &wanted);
  clients_[client->fd] = std::move(client);
}

bool Floor::read_from(Client& client) {
  const ssize_t n =
      ::recv(client.fd, client.input.data() + client.have, client.input.size() - client.have, MSG_DONTWAIT);
  if (n <= 0) return n < 0 && errno == EAGAIN;
  client.have += static_cast<size_t>(n);
  size_t at = 0;
  while (client.have - at >= 4) {
    const auto size = static_cast<size_t>(load_be<int32_t>(client.input.data() + at));
    if (client.have - at < 4 + size) {
      if (4 + size > client.input.size()) client.input.resize(4 + size);
      break;
    }
    take(client, {client.input.data() + at + 4, size});
    at += 4 + size;
  }
  std::memmove(client.input.data(), client.input.data() + at, client.have - at);
  client.have -= at;
  send_all(client.fd, client.output);
  client.output.clear();
  return true;
}

void Floor::take(Client& client, MutableBytes frame) {
  if (load_be<int16_t>(frame.data()) == wire::ProduceRequest::kKey) return produce(client, frame);
  size_t used = 0;
  const auto header = wire::decode_request_header(frame, &used);
  if (!header) stop("request header");
  const ByteView body = ByteView(frame).subspan(used);
  switch (header->api_key()) {
    case wire::ApiKey::fetch:
      return send_framed(client.fd, fetch(*header, body));
    case wire::ApiKey::metadata:
      return send_framed(client.fd, metadata(*header, body));
    case wire::ApiKey::create_topics:
      return send_framed(client.fd, create(*header, body));
    default:
      return send_framed(client.fd, versions(*header));
  }
}

// ---- Produce v9 of one partition, read by hand: a codec of all versions would be a layer.

void Floor::produce(Client& client, MutableBytes frame) {
  const uint8_t *at = frame.data() + 8, *end = frame.data() + frame.size();
  at += 2 + load_be<int16_t>(at) + 1;  // client id, tags
  at += 1 + 2 + 4;                     // no transactional id, acks, timeout
  const auto varint = [&] {
    uint32_t value = 0;
    at = read_uvarint(at, end, value);
    if (at == nullptr) stop("varint");
    return value;
  };
  varint();  // one topic
  const uint32_t name_size = varint() - 1;
  const std::string topic(reinterpret_cast<const char*>(at), name_size);
  at += name_size;
  varint();  // one partition
  const auto index = load_be<int32_t>(at);
  at += 4;
  const uint32_t size = varint() - 1;
  record::MutableBatch batch({const_cast<uint8_t*>(at), size});
  if (crc32c(batch.view().bytes().subspan(record::v2::kAttributesAt)) != batch.view().crc()) stop("checksum");
  Partition& to = partition(topic, index);
  batch.set_base_offset(to.next_offset);
  if (!to.file->pwrite(batch.view().bytes(), to.bytes)) stop("write");
  to.index.push_back({to.next_offset, to.bytes});
  store_be<int32_t>(to.answer.data() + 4, load_be<int32_t>(frame.data() + 4));
  store_be<int64_t>(to.answer.data() + to.base_offset_at, to.next_offset);
  client.output.insert(client.output.end(), to.answer.begin(), to.answer.end());
  to.bytes += size;
  to.next_offset += batch.view().last_offset_delta() + 1;
}

/// A framed answer to Produce v9, and where the base offset stands in it.
std::pair<Bytes, size_t> produce_answer(const std::string& topic, int32_t index) {
  constexpr int64_t kMark = 0x0102030405060708;
  wire::ProduceResponse response;
  auto& t = response.responses.emplace_back();
  t.name = topic;
  auto& p = t.partition_responses.emplace_back();
  p.index = index;
  p.base_offset = kMark;
  const Bytes body = wire::encode_response(0, 9, response).flatten();
  Bytes framed(4);
  store_be<int32_t>(framed.data(), static_cast<int32_t>(body.size()));
  framed.insert(framed.end(), body.begin(), body.end());
  uint8_t mark[8];
  store_be<int64_t>(mark, kMark);
  const auto at = std::search(framed.begin(), framed.end(), std::begin(mark), std::end(mark));
  return {framed, static_cast<size_t>(at - framed.begin())};
}

// ---- The rest: rare, or large enough for the codec not to matter.

Chain Floor::fetch(const wire::RequestHeader& header, ByteView body) {
  const auto request = wire::decode<wire::FetchRequest>(body, header.request_api_version);
  if (!request) stop("fetch");
  wire::FetchResponse response;
  for (const auto& topic : request->topics) {
    auto& t = response.responses.emplace_back();
    t.topic = topic.topic;
    for (const auto& wanted : topic.partitions) {
      const Partition& from = partition(topic.topic, wanted.partition);
      const auto batch =
          std::lower_bound(from.index.begin(), from.index.end(), std::pair{wanted.fetch_offset, int64_t{0}});
      const int64_t position = batch == from.index.end() ? from.bytes : batch->second;
      auto& p = t.partitions.emplace_back();
      p.partition_index = wanted.partition;
      p.high_watermark = from.next_offset;
      p.records.files.push_back(
          {from.file, position, std::min<int64_t>(wanted.partition_max_bytes, from.bytes - position)});
    }
  }
  return wire::encode_response(header, header.request_api_version, response);
}

Chain Floor::metadata(const wire::RequestHeader& header, ByteView body) const {
  const auto request = wire::decode<wire::MetadataRequest>(body, header.request_api_version);
  if (!request) stop("metadata");
  wire::MetadataResponse response;
  response.controller_id = 1;
  response.brokers.push_back({1, "127.0.0.1", port_});
  for (const auto& [name, partitions] : topics_) {
    auto& t = response.topics.emplace_back();
    t.name = name;
    for (size_t i = 0; i < partitions.size(); ++i) {
      auto& p = t.partitions.emplace_back();
      p.partition_index = static_cast<int32_t>(i);
      p.leader_id = 1;
      p.replica_nodes = p.isr_nodes = {1};
    }
  }
  return wire::encode_response(header, header.request_api_version, response);
}

Chain Floor::create(const wire::RequestHeader& header, ByteView body) {
  const auto request = wire::decode<wire::CreateTopicsRequest>(body, header.request_api_version);
  if (!request) stop("create topics");
  wire::CreateTopicsResponse response;
  for (const auto& topic : request->topics) {
    auto& partitions = topics_[topic.name];
    for (int32_t i = 0; i < topic.num_partitions; ++i) {
      const std::string path = folder_ + "/" + topic.name + "-" + std::to_string(i);
      auto file = FileSystem::system().open(path, OpenMode::create);
      if (!file) stop(path.c_str());
      auto [answer, base_offset_at] = produce_answer(topic.name, i);
      partitions.push_back({*file, 0, 0, {}, std::move(answer), base_offset_at});
    }
    response.topics.emplace_back().name = topic.name;
  }
  return wire::encode_response(header, header.request_api_version, response);
}

Chain Floor::versions(const wire::RequestHeader& header) {
  wire::ApiVersionsResponse response;
  const auto add = [&](int16_t key, int16_t version) { response.api_keys.push_back({key, version, version}); };
  add(wire::ProduceRequest::kKey, 9);
  add(wire::FetchRequest::kKey, 12);
  add(wire::MetadataRequest::kKey, 9);
  add(wire::CreateTopicsRequest::kKey, 5);
  response.api_keys.push_back({wire::ApiVersionsRequest::kKey, 0, 3});
  return wire::encode_response(header, std::min<int16_t>(header.request_api_version, 3), response);
}

}  // namespace
}  // namespace meerkat::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "floor PORT FOLDER\n");
    return 2;
  }
  meerkat::bench::Floor(std::atoi(argv[1]), argv[2]).run();
}
