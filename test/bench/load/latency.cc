#include <optional>
#include <utility>
#include <vector>

#include "test/bench/load/lane.h"
#include "test/bench/load/pacer.h"
#include "test/bench/load/reader.h"
#include "test/bench/load/workload.h"

namespace meerkat::bench {

namespace {

// How long records may still be on their way when the last one has been sent.
constexpr std::chrono::seconds kLastOnes{10};

class Latency final : public Workload {
 public:
  explicit Latency(Setting setting) : s_(std::move(setting)) {}

  void start(Task done) override {
    done_ = std::move(done);
    const client::HostPort leader = s_.leaders[0];
    open_links(s_.loop, {leader, leader}, [this, leader](Result<Links> links) {
      if (!links) return fail(links.error().message);
      const Share share{leader, {0}};
      const auto batch = make_batch(s_.options.records, s_.options.size);
      batch_bytes_ = static_cast<int64_t>(batch->size());
      lane_ = std::make_unique<Lane>(std::move((*links)[0]), share, s_.options, batch,
                                     [this](const Result<int64_t>& base, Moment) { on_produced(base); });
      reader_ = std::make_unique<Reader>(
          std::move((*links)[1]), share, s_.options, [this](const record::BatchView& b) { on_batch(b.base_offset()); },
          [this](const Result<Reader::Arrived>& arrived) { on_fetched(arrived); });
      lane_->send(Clock::now());  // tells where the log ends
    });
  }

 private:
  void on_produced(const Result<int64_t>& base) {
    if (finished_) return;
    if (!base) return fail(base.error().message);
    if (first_offset_) return;
    first_offset_ = *base + s_.options.records;
    reader_->seek(0, *first_offset_);
    reader_->fetch();
    s_.meter.start();
    const Moment end = s_.meter.started() +
                       std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s_.options.seconds));
    pacer_.emplace(s_.loop, s_.meter.started(), s_.options.rate, [this, end](Moment due) {
      if (finished_) return false;
      if (due >= end) {
        all_sent_ = true;
        last_ones_ = s_.loop.after(kLastOnes, [this] { fail("not all records came back"); });
        finish_if_all_came();
        return false;
      }
      due_.push_back(due);
      lane_->send(due);
      return true;
    });
  }

  // One producer, one connection: the batches lie in the log in the order of sending.
  void on_batch(int64_t base_offset) {
    const auto index = static_cast<size_t>((base_offset - *first_offset_) / s_.options.records);
    if (index >= due_.size()) return;
    s_.meter.latency(Clock::now() - due_[index]);
    s_.meter.count(s_.options.records, batch_bytes_);
    ++came_;
  }

  void on_fetched(const Result<Reader::Arrived>& arrived) {
    if (finished_) return;
    if (!arrived) return fail(arrived.error().message);
    if (!finish_if_all_came()) reader_->fetch();
  }

  bool finish_if_all_came() {
    if (!all_sent_ || came_ < due_.size()) return false;
    s_.meter.touch();
    finish();
    return true;
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
  Task done_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Reader> reader_;
  std::optional<int64_t> first_offset_;  // of the first batch that counts
  std::vector<Moment> due_;
  size_t came_ = 0;
  int64_t batch_bytes_ = 0;
  bool all_sent_ = false, finished_ = false;
  event::Timer last_ones_;
  std::optional<Pacer> pacer_;
};

}  // namespace

std::unique_ptr<Workload> make_latency(Setting setting) { return std::make_unique<Latency>(std::move(setting)); }

}  // namespace meerkat::bench
