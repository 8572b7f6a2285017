// Sends ten records and prints where each of them went.
//   build/examples/simple_producer localhost:9092 greetings
#include <iostream>

#include "client/cluster.h"
#include "client/producer.h"

using namespace meerkat::client;

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "simple_producer SERVERS TOPIC\n", 2;
  auto servers = parse_servers(argv[1]);
  if (!servers) return std::cerr << servers.error().message << "\n", 2;

  Network network;
  Cluster cluster(network, *servers);
  Producer producer(cluster, ProducerOptions{});
  for (int i = 0; i < 10; ++i) {
    RecordToSend record;
    record.topic = argv[2];
    record.key = "key-" + std::to_string(i % 3);  // records of one key keep their order
    record.value = "hello " + std::to_string(i);
    auto sent = producer.send(std::move(record), [](const meerkat::wire::Outcome<Delivered>& delivered) {
      // On the network's thread: do not block here.
      if (delivered) {
        std::cout << delivered->topic << "-" << delivered->partition << " offset " << delivered->offset << std::endl;
      } else {
        std::cerr << "not delivered: " << delivered.error().message << std::endl;
      }
    });
    if (!sent) return std::cerr << sent.error().message << "\n", 1;
  }
  producer.flush();
}
