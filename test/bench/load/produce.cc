#include <algorithm>
#include <optional>
#include <utility>

#include "test/bench/load/lane.h"
#include "test/bench/load/pacer.h"
#include "test/bench/load/workload.h"

namespace meerkat::bench {

namespace {

class Produce final : public Workload {
 public:
  Produce(Setting setting, bool only_ready) : s_(std::move(setting)), only_ready_(only_ready) {}

  void start(Task done) override {
    done_ = std::move(done);
    give_up_ =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s_.options.patience));
    shares_ = deal(s_.leaders, s_.options.connections);
    std::vector<client::HostPort> to;
    for (const Share& share : shares_) to.push_back(share.broker);
    open_links(s_.loop, std::move(to), [this](Result<Links> links) {
      if (!links) return fail(links.error().message);
      begin(std::move(*links));
    });
  }

 private:
  struct Probing {
    size_t next = 0, ready = 0;
    event::Timer again;
  };

  void begin(Links links) {
    const auto batch = make_batch(s_.options.records, s_.options.size);
    batch_bytes_ = static_cast<int64_t>(batch->size());
    probing_.resize(links.size());
    for (size_t i = 0; i < links.size(); ++i) {
      lanes_.push_back(std::make_unique<Lane>(std::move(links[i]), shares_[i], s_.options, batch,
                                              [this, i](const Result<int64_t>& base, Moment due) {
                                                measuring_ ? on_answer(i, base, due) : on_probe(i, base);
                                              }));
    }
    for (size_t i = 0; i < lanes_.size(); ++i) probe(i);
  }

  // ---- Until every partition takes records: one after the other on each connection.

  void probe(size_t lane) { lanes_[lane]->send_to(probing_[lane].next, Clock::now()); }

  void on_probe(size_t lane, const Result<int64_t>& base) {
    if (finished_) return;
    Probing& probing = probing_[lane];
    if (!base) {
      if (Clock::now() > give_up_) return fail(base.error().message);
      probing.again = s_.loop.after(std::chrono::milliseconds(20), [this, lane] { probe(lane); });
      return;
    }
    if (++probing.next < lanes_[lane]->partitions()) return probe(lane);
    if (++lanes_ready_ < lanes_.size()) return;
    if (only_ready_) {
      s_.meter.touch();
      return finish();
    }
    measure();
  }

  // ---- The load

  void measure() {
    measuring_ = true;
    s_.meter.start();
    end_ = s_.meter.started() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s_.options.seconds));
    if (s_.options.rate > 0) {
      pacer_.emplace(s_.loop, s_.meter.started(), s_.options.rate, [this](Moment due) {
        if (due >= end_ || finished_) {
          ended_ = true;
          finish_if_idle();
          return false;
        }
        lanes_[turn_++ % lanes_.size()]->send(due);
        return true;
      });
      return;
    }
    for (auto& lane : lanes_) {
      while (!lane->full()) lane->send(Clock::now());
    }
  }

  void on_answer(size_t lane, const Result<int64_t>& base, Moment due) {
    if (finished_) return;
    if (!base) return fail(base.error().message);
    const Moment now = Clock::now();
    s_.meter.count(s_.options.records, batch_bytes_);
    s_.meter.latency(now - due);
    if (s_.options.rate <= 0) {
      if (now < end_) return lanes_[lane]->send(now);
      ended_ = true;
    }
    finish_if_idle();
  }

  void finish_if_idle() {
    if (!ended_ || finished_) return;
    if (!std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->idle(); })) return;
    s_.meter.touch();
    finish();
  }

  void fail(const std::string& why) {
    if (finished_) return;
    s_.meter.error(why);
    finish();
  }
  void finish() {
    finished_ = true;
    done_();
  }

  const Setting s_;
  const bool only_ready_;
  Task done_;
  Moment give_up_, end_;
  std::vector<Share> shares_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Probing> probing_;
  size_t lanes_ready_ = 0;
  bool measuring_ = false, ended_ = false, finished_ = false;
  std::optional<Pacer> pacer_;
  uint64_t turn_ = 0;
  int64_t batch_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Workload> make_produce(Setting setting) { return std::make_unique<Produce>(std::move(setting), false); }
std::unique_ptr<Workload> make_ready(Setting setting) { return std::make_unique<Produce>(std::move(setting), true); }

}  // namespace meerkat::bench
