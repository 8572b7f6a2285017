// Reads a topic in batches of at least twenty records, and commits each batch when it is done with it: after a crash
// the last batch is read again, but nothing is left out. Ends after a while without records.
//   build/examples/manual_commit localhost:9092 greetings my-group
#include <iostream>
#include <vector>

#include "client/cluster.h"
#include "client/consumer.h"

using namespace meerkat::client;

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "manual_commit SERVERS TOPIC GROUP\n", 2;
  auto servers = parse_servers(argv[1]);
  if (!servers) return std::cerr << servers.error().message << "\n", 2;

  Network network;
  Cluster cluster(network, *servers);
  ConsumerOptions options;
  options.group.group_id = argv[3];
  options.auto_offset_reset = ConsumerOptions::Reset::earliest;
  options.enable_auto_commit = false;
  Consumer consumer(cluster, options);
  consumer.subscribe({argv[2]});

  constexpr size_t kBatch = 20;
  std::vector<ConsumedRecord> batch;
  const auto finish = [&] {
    std::cout << "done with " << batch.size() << " records" << std::endl;  // here they would go into a database
    batch.clear();
    auto committed = consumer.commit();
    if (!committed) std::cerr << "not committed: " << committed.error().message << std::endl;
  };
  for (int idle = 0; idle < 10;) {
    auto records = consumer.poll(std::chrono::milliseconds(500));
    if (!records) return std::cerr << records.error().message << "\n", 1;
    idle = records->empty() ? idle + 1 : 0;
    batch.insert(batch.end(), records->begin(), records->end());
    if (batch.size() >= kBatch) finish();
  }
  if (!batch.empty()) finish();
}
