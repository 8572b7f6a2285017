#include "net/frame_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "test/fakes/blocking_client.h"

namespace meerkat::net {
namespace {

using fakes::BlockingClient;
using Fault = FrameReader::Fault;

// Takes frames as long as it has room for them.
class Collector : public FrameReader::Sink {
 public:
  size_t room = SIZE_MAX;
  bool keep = false;  // the frames themselves, too, as a slow handler would
  std::vector<Bytes> seen;
  size_t told = 0;  // of `seen`, when the last read ended
  std::vector<Frame> kept;

  bool ready_for(ByteView) override { return seen.size() < room; }
  void deliver(Frame frame) override {
    seen.emplace_back(frame.bytes.begin(), frame.bytes.end());
    if (keep) kept.push_back(std::move(frame));
  }
  void end_of_read() override { told = seen.size(); }
};

Bytes pattern(size_t size, int seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 31 + static_cast<size_t>(seed) * 7 + i / 251);
  return bytes;
}

// Gives `stream` to the reader as if the socket had delivered pieces of the sizes that `next_size` says.
template <class F>
Fault feed(FrameReader& reader, Scratch& scratch, Collector& sink, ByteView stream, F next_size) {
  while (!stream.empty()) {
    iovec to[2];
    const int places = reader.prepare(scratch, to);
    EXPECT_GT(places, 0);
    size_t left = std::min<size_t>(std::max<size_t>(next_size(), 1), stream.size()), read = 0;
    for (int i = 0; i < places && left > 0; ++i) {
      const size_t n = std::min(left, to[i].iov_len);
      std::memcpy(to[i].iov_base, stream.data() + read, n);
      read += n;
      left -= n;
    }
    stream = stream.subspan(read);
    const Fault fault = reader.received(read, scratch, sink);
    EXPECT_EQ(sink.told, sink.seen.size()) << "whatever was delivered, the end of the read was told behind it";
    if (fault != Fault::none) return fault;
    while (reader.holding()) {
      sink.room = sink.seen.size() + 1;
      if (const Fault fault = reader.resume(sink); fault != Fault::none) return fault;
    }
  }
  return Fault::none;
}

Bytes stream_of(const std::vector<Bytes>& frames) {
  Bytes stream;
  for (const Bytes& frame : frames) {
    const Bytes framed = BlockingClient::framed(frame);
    stream.insert(stream.end(), framed.begin(), framed.end());
  }
  return stream;
}

class FrameReaderTest : public testing::Test {
 protected:
  std::shared_ptr<Buffers> buffers_ = std::make_shared<Buffers>(1 << 30);
  Scratch scratch_{buffers_};
  Collector sink_;
};

TEST_F(FrameReaderTest, SplitsAnywhereGiveTheSameFrames) {
  const std::vector<size_t> sizes[] = {
      {1}, {0, 1, 0}, {3, 4, 5, 100}, {5000, 1, 70'000, 2}, {40'000, 300'000, 10}, {1'500'000, 7, 5'000'000, 9},
  };
  std::mt19937 random(1);
  for (const auto& list : sizes) {
    std::vector<Bytes> frames;
    for (size_t size : list) frames.push_back(pattern(size, static_cast<int>(frames.size())));
    const Bytes stream = stream_of(frames);
    const size_t pieces[] = {1, 2, 3, 5, 4096, 100'000, stream.size()};
    for (size_t piece : pieces) {
      if (stream.size() / piece > 100'000) continue;
      for (size_t room : {SIZE_MAX, size_t{0}}) {  // 0: every frame is held first
        FrameReader reader(buffers_, 100 << 20);
        Collector sink;
        sink.room = room;
        ASSERT_EQ(feed(reader, scratch_, sink, stream, [&] { return piece; }), Fault::none);
        ASSERT_EQ(sink.seen, frames) << "pieces of " << piece;
        EXPECT_EQ(reader.unfinished(), 0u);
      }
    }
    for (int round = 0; round < 20; ++round) {
      FrameReader reader(buffers_, 100 << 20);
      Collector sink;
      sink.keep = round % 2;
      ASSERT_EQ(feed(reader, scratch_, sink, stream, [&] { return 1u << (random() % 21); }), Fault::none);
      ASSERT_EQ(sink.seen, frames);
      for (size_t i = 0; i < sink.kept.size(); ++i) {
        EXPECT_TRUE(std::equal(frames[i].begin(), frames[i].end(), sink.kept[i].bytes.begin())) << "kept frame " << i;
      }
    }
  }
  EXPECT_EQ(buffers_->budget.used(), 0);
}

TEST_F(FrameReaderTest, EverySplitOfAShortStream) {
  const std::vector<Bytes> frames{pattern(3, 1), {}, pattern(9, 2)};
  const Bytes stream = stream_of(frames);
  for (size_t first = 1; first < stream.size(); ++first) {
    for (size_t second = first + 1; second <= stream.size(); ++second) {
      FrameReader reader(buffers_, 100);
      Collector sink;
      size_t turn = 0;
      const auto next = [&] { return ++turn == 1 ? first : turn == 2 ? second - first : stream.size(); };
      ASSERT_EQ(feed(reader, scratch_, sink, stream, next), Fault::none);
      ASSERT_EQ(sink.seen, frames) << first << " " << second;
    }
  }
}

TEST_F(FrameReaderTest, HeldFramesComeOneByOneAsTheSinkTakesThem) {
  std::vector<Bytes> frames;
  for (int i = 0; i < 10; ++i) frames.push_back(pattern(100, i));
  const Bytes stream = stream_of(frames);
  FrameReader reader(buffers_, 1000);
  iovec to[2];
  ASSERT_EQ(reader.prepare(scratch_, to), 1);
  std::memcpy(to[0].iov_base, stream.data(), stream.size());
  sink_.room = 4;
  EXPECT_EQ(reader.received(stream.size(), scratch_, sink_), Fault::none);
  EXPECT_EQ(sink_.seen.size(), 4u);
  EXPECT_TRUE(reader.holding());
  EXPECT_EQ(buffers_->budget.used(), 6 * 104);
  sink_.room = 7;
  EXPECT_EQ(reader.resume(sink_), Fault::none);
  EXPECT_EQ(sink_.seen.size(), 7u);
  EXPECT_TRUE(reader.holding());
  sink_.room = 100;
  EXPECT_EQ(reader.resume(sink_), Fault::none);
  EXPECT_EQ(sink_.seen, frames);
  EXPECT_FALSE(reader.holding());
  EXPECT_EQ(buffers_->budget.used(), 0);
}

TEST_F(FrameReaderTest, RefusesBadLengthsAfterDeliveringWhatCameBefore) {
  for (const int32_t length : {-1, INT32_MIN, 101, INT32_MAX}) {
    Bytes stream = stream_of({pattern(100, 0)});
    const size_t at = stream.size();
    stream.resize(at + 4);
    store_be(stream.data() + at, length);
    for (const size_t piece : {size_t{1}, stream.size()}) {
      FrameReader reader(buffers_, 100);
      Collector sink;
      EXPECT_EQ(feed(reader, scratch_, sink, stream, [&] { return piece; }), Fault::length) << length;
      EXPECT_EQ(reader.bad_length(), length);
      EXPECT_EQ(sink.seen.size(), 1u);
    }
  }
}

TEST_F(FrameReaderTest, AnnouncedBytesAreNotChargedBeforeTheyArrive) {
  std::vector<std::unique_ptr<FrameReader>> readers;
  for (int i = 0; i < 100; ++i) {
    auto& reader = readers.emplace_back(std::make_unique<FrameReader>(buffers_, 100 << 20));
    Bytes start(110);
    store_be<int32_t>(start.data(), 90 << 20);
    EXPECT_EQ(feed(*reader, scratch_, sink_, start, [] { return size_t{110}; }), Fault::none);
    EXPECT_EQ(reader->unfinished(), 106u);
    EXPECT_TRUE(reader->in_large_frame());
  }
  EXPECT_EQ(buffers_->budget.used(), 100 * 106);
  readers.clear();
  EXPECT_EQ(buffers_->budget.used(), 0);
}

TEST_F(FrameReaderTest, FramesMayBeKeptWhileFurtherOnesArrive) {
  sink_.keep = true;
  std::vector<Bytes> frames;
  for (int i = 0; i < 2000; ++i) frames.push_back(pattern(1000, i));
  FrameReader reader(buffers_, 1000);
  ASSERT_EQ(feed(reader, scratch_, sink_, stream_of(frames), [] { return size_t{50'000}; }), Fault::none);
  for (size_t i = 0; i < frames.size(); ++i) {
    ASSERT_TRUE(std::equal(frames[i].begin(), frames[i].end(), sink_.kept[i].bytes.begin())) << i;
  }
  EXPECT_GT(buffers_->budget.used(), 1'000'000);  // kept blocks count
  sink_.kept.clear();
  EXPECT_EQ(buffers_->budget.used(), 0);
}

TEST_F(FrameReaderTest, ScratchIsReusedWhenNobodyKeepsAFrame) {
  FrameReader reader(buffers_, 1000);
  iovec first[2], second[2];
  const Bytes stream = stream_of({pattern(100, 0)});
  reader.prepare(scratch_, first);
  std::memcpy(first[0].iov_base, stream.data(), stream.size());
  ASSERT_EQ(reader.received(stream.size(), scratch_, sink_), Fault::none);
  reader.prepare(scratch_, second);
  EXPECT_EQ(first[0].iov_base, second[0].iov_base);
}

TEST_F(FrameReaderTest, ClearForgetsAPartialFrame) {
  FrameReader reader(buffers_, 1000);
  const Bytes stream = stream_of({pattern(500, 0)});
  ASSERT_EQ(feed(reader, scratch_, sink_, ByteView(stream).first(300), [] { return size_t{300}; }), Fault::none);
  EXPECT_GT(buffers_->budget.used(), 0);
  reader.clear();
  EXPECT_EQ(buffers_->budget.used(), 0);
  ASSERT_EQ(feed(reader, scratch_, sink_, stream, [] { return size_t{1000}; }), Fault::none);
  EXPECT_EQ(sink_.seen.size(), 1u);
}

}  // namespace
}  // namespace meerkat::net
