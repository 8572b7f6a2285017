// What waits to be sent on one connection.
#pragma once

#include <cstdint>
#include <vector>

#include "base/chain.h"
#include "net/cold_reads.h"
#include "net/transport.h"

namespace meerkat::net {

/// A queue of chains, each sent behind its length. Memory goes out by writev, many parts at once; large file ranges by
/// sendfile, small ones along with the memory. One thread.
class Output {
 public:
  enum class Outcome {
    done,        // nothing is left
    blocked,     // the socket takes no more until it is writable again
    turn,        // the turn's share is used up, more could go
    cold,        // cold_range() has to be brought into the page cache first
    broken,      // the connection is gone: error() says why
    unreadable,  // a file does not have the bytes that were promised: error() says which; nothing more can be sent
  };
  /// Bytes a turn, so that one connection does not hold up the others of its loop; what is left over in the end and is
  /// not much goes along.
  static constexpr int64_t kTurn = 1 << 20, kLeftOver = kTurn / 4;

  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void push(Chain body);
  bool empty() const { return head_ == messages_.size(); }
  /// Bytes not yet sent, with the lengths.
  int64_t pending() const { return pending_; }
  /// Sends what can be sent now. `cold` may be null: then file ranges are read wherever they are.
  Outcome write(Transport& to, ColdReads* cold);
  /// Bytes sent by the last write().
  int64_t written() const { return written_; }
  const FileRange& cold_range() const { return cold_range_; }
  const std::string& error() const { return error_; }
  void clear();

 private:
  struct Message {
    uint8_t length[4];
    Chain body;
  };
  // The next byte to send: in message head_, the length if part_ is -1, else a part of the body, at offset_.
  std::vector<Message> messages_;
  size_t head_ = 0;
  int part_ = -1;
  int64_t offset_ = 0;
  int64_t pending_ = 0;
  int64_t written_ = 0;
  FileRange cold_range_;
  std::string error_;

  enum class Step { more, blocked, cold, broken, unreadable };
  const FileRange* file_at_head() const;
  Step write_memory(Transport& to, ColdReads* cold);
  Step write_file(Transport& to, ColdReads* cold, const FileRange& range);
  bool load(Chain::Part& part, ColdReads* cold, Step* trouble);
  void advance(int64_t n);
  Step unreadable(const FileRange& range, const std::string& why);
};

}  // namespace meerkat::net
