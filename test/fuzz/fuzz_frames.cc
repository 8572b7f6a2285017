// Feeds arbitrary bytes, in arbitrary pieces, to what cuts a connection's stream into frames, with a sink that is not
// always ready. The frames must be the same as those of the whole stream at once, and no memory may stay behind.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "net/frame_reader.h"

namespace meerkat::net {
namespace {

constexpr int32_t kMaxFrame = 200'000;

void require(bool condition) {
  if (!condition) std::abort();
}

class Collector : public FrameReader::Sink {
 public:
  std::vector<Bytes> seen;
  std::vector<Frame> kept;
  size_t room = SIZE_MAX;
  bool keep = false;
  bool ready_for(ByteView) override { return seen.size() < room; }
  void deliver(Frame frame) override {
    seen.emplace_back(frame.bytes.begin(), frame.bytes.end());
    if (keep) kept.push_back(std::move(frame));
  }
};

// What must come out, by the plainest means.
bool cut(ByteView stream, std::vector<Bytes>& frames) {
  while (stream.size() >= 4) {
    const auto length = load_be<int32_t>(stream.data());
    if (length < 0 || length > kMaxFrame) return false;
    if (stream.size() - 4 < static_cast<size_t>(length)) return true;
    frames.emplace_back(stream.begin() + 4, stream.begin() + 4 + length);
    stream = stream.subspan(4 + static_cast<size_t>(length));
  }
  return true;
}

void run(ByteView choices, ByteView stream) {
  std::vector<Bytes> expected;
  const bool good = cut(stream, expected);
  auto buffers = std::make_shared<Buffers>(1 << 30);
  Collector sink;
  bool failed = false;
  {
    Scratch scratch(buffers);
    FrameReader reader(buffers, kMaxFrame);
    sink.keep = !choices.empty() && choices[0] & 1;
    for (size_t turn = 0; !stream.empty() && !failed; ++turn) {
      const uint8_t choice = choices.empty() ? 255 : choices[turn % choices.size()];
      sink.room = choice & 2 ? SIZE_MAX : sink.seen.size();
      iovec to[2];
      const int places = reader.prepare(scratch, to);
      require(places > 0);
      size_t left = std::min<size_t>(stream.size(), size_t{1} << (choice >> 3)), read = 0;
      for (int i = 0; i < places && left > 0; ++i) {
        const size_t n = std::min(left, to[i].iov_len);
        std::memcpy(to[i].iov_base, stream.data() + read, n);
        read += n;
        left -= n;
      }
      stream = stream.subspan(read);
      failed = reader.received(read, scratch, sink) != FrameReader::Fault::none;
      while (reader.holding() && !failed) {
        ++sink.room;
        failed = reader.resume(sink) != FrameReader::Fault::none;
      }
    }
  }
  require(failed == !good && sink.seen == expected);
  for (size_t i = 0; i < sink.kept.size(); ++i) {
    require(std::equal(expected[i].begin(), expected[i].end(), sink.kept[i].bytes.begin()));
  }
  sink.kept.clear();
  require(buffers->budget.used() == 0);
}

}  // namespace
}  // namespace meerkat::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meerkat;
  if (size < 1) return 0;
  // The first bytes choose the pieces; lengths are made small often enough for frames to be complete.
  const size_t choices = std::min<size_t>(data[0] % 16, size - 1);
  net::run({data + 1, choices}, {data + 1 + choices, size - 1 - choices});
  return 0;
}
