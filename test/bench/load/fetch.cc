#include <utility>

#include "test/bench/load/reader.h"
#include "test/bench/load/workload.h"

namespace meerkat::bench {

namespace {

class Fetch final : public Workload {
 public:
  explicit Fetch(Setting setting) : s_(std::move(setting)) {}

  void start(Task done) override {
    done_ = std::move(done);
    auto shares = deal(s_.leaders, s_.options.connections);
    std::vector<client::HostPort> to;
    for (const Share& share : shares) to.push_back(share.broker);
    open_links(s_.loop, std::move(to), [this, shares = std::move(shares)](Result<Links> links) {
      if (!links) {
        s_.meter.error(links.error().message);
        return done_();
      }
      s_.meter.start();
      reading_ = links->size();
      for (size_t i = 0; i < links->size(); ++i) {
        readers_.push_back(std::make_unique<Reader>(
            std::move((*links)[i]), shares[i], s_.options, [](const record::BatchView&) {},
            [this, i](const Result<Reader::Arrived>& arrived) { on_answer(i, arrived); }));
        readers_.back()->fetch();
      }
    });
  }

 private:
  void on_answer(size_t reader, const Result<Reader::Arrived>& arrived) {
    bool more = false;
    if (!arrived) {
      s_.meter.error(arrived.error().message);
    } else {
      s_.meter.count(arrived->records, arrived->bytes);
      if (arrived->bytes > 0) s_.meter.touch();
      more = !arrived->caught_up && (s_.options.bytes <= 0 || s_.meter.bytes() < s_.options.bytes);
    }
    if (more) return readers_[reader]->fetch();
    if (--reading_ == 0) done_();
  }

  const Setting s_;
  Task done_;
  std::vector<std::unique_ptr<Reader>> readers_;
  size_t reading_ = 0;
};

}  // namespace

std::unique_ptr<Workload> make_fetch(Setting setting) { return std::make_unique<Fetch>(std::move(setting)); }

}  // namespace meerkat::bench
