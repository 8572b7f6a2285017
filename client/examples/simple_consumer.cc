// Reads a topic as a member of a group until SIGINT or SIGTERM, and closes cleanly: what was read is committed, and the
// other members take over at once.
//   build/examples/simple_consumer localhost:9092 greetings my-group
#include <pthread.h>
#include <signal.h>

#include <iostream>
#include <thread>

#include "client/cluster.h"
#include "client/consumer.h"

using namespace meerkat::client;

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "simple_consumer SERVERS TOPIC GROUP\n", 2;
  auto servers = parse_servers(argv[1]);
  if (!servers) return std::cerr << servers.error().message << "\n", 2;

  // Before any thread is made, so that all of them leave the signals to the one that waits for them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Network network;
  Cluster cluster(network, *servers);
  ConsumerOptions options;
  options.group.group_id = argv[3];
  options.auto_offset_reset = ConsumerOptions::Reset::earliest;
  Consumer consumer(cluster, options);
  consumer.subscribe({argv[2]});

  std::thread([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    consumer.wakeup();  // the only call that another thread may make
  }).detach();

  while (!consumer.woken()) {
    auto records = consumer.poll(std::chrono::seconds(1));
    if (!records) return std::cerr << records.error().message << "\n", 1;
    for (const auto& record : *records) {
      std::cout << record.topic << "-" << record.partition << "@" << record.offset << " " << record.key.value_or("")
                << ": " << record.value.value_or("") << std::endl;
    }
  }
  auto closed = consumer.close();
  if (!closed) return std::cerr << "not committed: " << closed.error().message << "\n", 1;
  std::cout << "closed" << std::endl;
}
