// What the network layer costs by itself: answers Metadata v1, Produce v7 and Fetch v11 with the least that a broker
// does (checksum, stamp, write to the page cache, send from it), on top of net::Server.
// To be loaded by a load generator, and compared with a server that has no layers at all:
//   net_echo PORT PARTITIONS FOLDER [THREADS]
// Without arguments: the cost of framing, delivery and answering alone, under clients of its own.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/crc32c.h"
#include "net/server.h"
#include "test/fakes/blocking_client.h"

namespace {

using namespace meerkat;

struct Reader {
  const uint8_t* at;
  template <class T>
  T take() {
    if constexpr (sizeof(T) == 1)
      return static_cast<T>(*at++);
    else {
      const T v = load_be<T>(at);
      at += sizeof(T);
      return v;
    }
  }
  std::string text() {
    const auto n = take<int16_t>();
    if (n < 0) return "";
    std::string s(reinterpret_cast<const char*>(at), n);
    at += n;
    return s;
  }
};

struct Writer {
  Bytes out;
  template <class T>
  void put(T v) {
    out.resize(out.size() + sizeof(T));
    if constexpr (sizeof(T) == 1)
      out.back() = static_cast<uint8_t>(v);
    else
      store_be<T>(out.data() + out.size() - sizeof(T), v);
  }
  void text(const std::string& s) {
    put<int16_t>(static_cast<int16_t>(s.size()));
    out.insert(out.end(), s.begin(), s.end());
  }
};

// Topic-partition data is one file each; the index is one entry a batch.
struct Partition {
  std::mutex mutex;
  std::shared_ptr<File> file;
  int64_t bytes = 0, next_offset = 0;
  std::vector<std::pair<int64_t, int64_t>> index;
};

class Echo : public net::FrameHandler {
 public:
  Echo(int partitions, std::string folder) : folder_(std::move(folder)), partitions_(partitions) {}
  int port = 0;

  void on_frame(const std::shared_ptr<net::Peer>&, net::Frame frame, net::Responder responder) override {
    Reader in{frame.bytes.data()};
    const auto key = in.take<int16_t>();
    in.take<int16_t>();
    const auto correlation = in.take<int32_t>();
    in.text();
    Writer out;
    out.out.reserve(64);
    out.put<int32_t>(correlation);
    Chain chain;
    if (key == 1) {
      fetch(in, std::move(out), chain);
    } else {
      key == 0 ? produce(in, out) : metadata(in, out);
      chain.append(std::move(out.out));
    }
    responder.send(std::move(chain));
  }
  bool may_pipeline(ByteView frame) const override { return frame.size() >= 2 && load_be<int16_t>(frame.data()) == 0; }

 private:
  void metadata(Reader& in, Writer& out) const {
    in.take<int32_t>();
    const std::string topic = in.text();
    out.put<int32_t>(1), out.put<int32_t>(1), out.text("127.0.0.1"), out.put<int32_t>(port), out.put<int16_t>(-1);
    out.put<int32_t>(1), out.put<int32_t>(1), out.put<int16_t>(0), out.text(topic), out.put<int8_t>(0);
    out.put<int32_t>(partitions_);
    for (int i = 0; i < partitions_; ++i) {
      out.put<int16_t>(0), out.put<int32_t>(i);
      for (int k = 0; k < 5; ++k) out.put<int32_t>(1);
    }
  }

  void produce(Reader& in, Writer& out) {
    in.take<int16_t>(), in.take<int16_t>(), in.take<int32_t>(), in.take<int32_t>();
    const std::string topic = in.text();
    in.take<int32_t>();
    const auto id = in.take<int32_t>(), size = in.take<int32_t>();
    auto* batch = const_cast<uint8_t*>(in.at);
    if (crc32c({batch + 21, static_cast<size_t>(size - 21)}) != load_be<uint32_t>(batch + 17)) std::abort();
    Partition& to = partition(topic, id);
    std::lock_guard lock(to.mutex);
    store_be<int64_t>(batch, to.next_offset);
    if (!to.file->pwrite({batch, static_cast<size_t>(size)}, to.bytes).ok()) std::abort();
    to.index.push_back({to.next_offset, to.bytes});
    out.put<int32_t>(1), out.text(topic), out.put<int32_t>(1), out.put<int32_t>(id), out.put<int16_t>(0);
    out.put<int64_t>(to.next_offset), out.put<int64_t>(-1), out.put<int64_t>(0), out.put<int32_t>(0);
    to.bytes += size;
    to.next_offset += load_be<int32_t>(batch + 23) + 1;
  }

  void fetch(Reader& in, Writer out, Chain& chain) {
    in.at += 4 * 4 + 1 + 4 * 3;
    const std::string topic = in.text();
    auto n = in.take<int32_t>();
    out.put<int32_t>(0), out.put<int16_t>(0), out.put<int32_t>(0), out.put<int32_t>(1), out.text(topic), out.put(n);
    chain.append(std::move(out.out));
    while (n-- > 0) {
      const auto id = in.take<int32_t>();
      in.take<int32_t>();
      const auto offset = in.take<int64_t>();
      in.take<int64_t>();
      const auto most = in.take<int32_t>();
      Partition& from = partition(topic, id);
      std::lock_guard lock(from.mutex);
      const auto at = std::lower_bound(from.index.begin(), from.index.end(), std::pair<int64_t, int64_t>{offset, 0});
      const int64_t position = at == from.index.end() ? from.bytes : at->second;
      const int64_t bytes = std::min<int64_t>(most, from.bytes - position);
      Writer head;
      head.put(id), head.put<int16_t>(0), head.put(from.next_offset), head.put(from.next_offset);
      head.put<int64_t>(0), head.put<int32_t>(-1), head.put<int32_t>(-1), head.put(static_cast<int32_t>(bytes));
      chain.append(std::move(head.out));
      chain.append(FileRange{from.file, position, bytes});
    }
  }

  Partition& partition(const std::string& topic, int id) {
    std::lock_guard lock(mutex_);
    auto& p = logs_[{topic, id}];
    if (!p.file) {
      const std::string path = folder_ + "/" + topic + "-" + std::to_string(id);
      p.file = *FileSystem::system().open(path, OpenMode::create);
      ::unlink(path.c_str());
    }
    return p;
  }

  const std::string folder_;
  const int partitions_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Partition> logs_;
};

// Answers 50 bytes to anything.
class Trivial : public net::FrameHandler {
 public:
  void on_frame(const std::shared_ptr<net::Peer>&, net::Frame, net::Responder responder) override {
    Chain chain;
    chain.append(Bytes(50));
    responder.send(std::move(chain));
  }
  bool may_pipeline(ByteView) const override { return true; }
};

// CPU time of a loop's thread so far, in seconds.
double cpu_of(event::Loop& loop) {
  std::promise<double> result;
  loop.post([&] {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    result.set_value(static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9);
  });
  return result.get_future().get();
}

// Clients that keep five requests of 170 bytes in flight, for `seconds`.
void measure_alone(int clients, int seconds) {
  Trivial handler;
  net::ServerConfig config;
  config.network_threads = 1;
  net::Server server(config, handler);
  const int port = *server.bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0});
  server.enable_processing();
  const double before = cpu_of(*server.loops().front());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      fakes::BlockingClient client(port);
      const Bytes request(170);
      for (int k = 0; k < 5; ++k) client.send(request);
      for (; std::chrono::steady_clock::now() < end; client.send(request)) {
        if (!client.receive()) std::abort();
      }
    });
  }
  for (auto& t : threads) t.join();
  const double cpu = cpu_of(*server.loops().front()) - before;
  const auto requests = static_cast<double>(server.metrics().requests);
  std::printf("%d connections: %.0f requests/s, %.2f CPU seconds of the loop a million\n", clients, requests / seconds,
              cpu / requests * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    for (const int clients : {1, 16, 100}) measure_alone(clients, 2);
    return 0;
  }
  Echo echo(std::atoi(argv[2]), argv[3]);
  event::Pool disk("disk", 1);
  net::ServerConfig config;
  config.network_threads = argc > 4 ? std::atoi(argv[4]) : 1;
  config.disk = &disk;
  net::Server server(config, echo);
  const auto port = server.bind({"PLAINTEXT", "PLAINTEXT", "", std::atoi(argv[1])});
  if (!port.ok()) {
    std::fprintf(stderr, "%s\n", port.error().message.c_str());
    return 1;
  }
  echo.port = *port;
  server.enable_processing();
  std::printf("listening on port %d\n", *port);
  std::fflush(stdout);
  ::pause();
}
