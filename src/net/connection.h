// One client's connection: its frames go to the handler, the answers back in order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event/loop.h"
#include "net/frame_reader.h"
#include "net/handler.h"
#include "net/net_loop.h"
#include "net/output.h"
#include "net/socket.h"
#include "net/transport.h"

struct event;

namespace meerkat::net {

/// Lives on one NetLoop, which holds it until it closes; responders that are out hold it, too. Everything on the loop's
/// thread, except the Responder::Target calls.
class Connection final : public Responder::Target,
                         public FrameReader::Sink,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<NetLoop> home, Descriptor fd, std::unique_ptr<Transport> transport,
             std::shared_ptr<Peer> peer);
  ~Connection() override;

  /// Starts to read.
  void open();
  /// Ends it at once. Nothing if it is closed.
  void close();
  /// Takes no further request; closes when the answers that are due are out.
  void drain();
  /// Sends what waits and goes on with frames that were held; called by the loop after each batch of events.
  void work();
  /// Called about ten times in connections.max.idle.ms. Gives up a read that stalls the whole budget.
  void tick(int64_t now, int64_t idle_ticks);

  bool closed() const { return !fd_.open(); }
  const Peer& peer() const { return *peer_; }
  /// The tick of the last byte that went in or out.
  int64_t last_active() const { return last_active_; }
  size_t position = 0;  // in the loop's list
  bool in_work_list = false;

  // Responder::Target; any thread
  void answer(uint64_t ticket, Chain body, int mute_ms) override;
  void answer_nothing(uint64_t ticket, int mute_ms) override;
  void answer_close(uint64_t ticket) override;

  // FrameReader::Sink
  bool ready_for(ByteView frame) override;
  void deliver(Frame frame) override;
  void end_of_read() override;

 private:
  /// An answer that waits for those before it.
  struct Slot {
    enum State : uint8_t { waiting, body, nothing, close } state = waiting;
    Chain chain;
  };

  void settle(uint64_t ticket, Slot::State state, Chain chain, int mute_ms);
  void settle_here(uint64_t ticket, Slot::State state, Chain chain, int mute_ms);
  void mute(int ms);
  bool may_read() const;
  bool may_start() const;
  bool must_wait_for_memory();
  void on_readable();
  void on_writable();
  void check(FrameReader::Fault fault);
  void hand_over();
  void write();
  void proceed();
  void want_read(bool on);
  void want_write(bool on);
  void finish_if_idle();
  void fail(const std::string& why);
  std::string name() const;

  const std::shared_ptr<NetLoop> home_;
  Descriptor fd_;
  std::unique_ptr<Transport> transport_;
  const std::shared_ptr<Peer> peer_;
  struct Events;
  std::unique_ptr<Events> events_;

  FrameReader reader_;
  Output output_;
  std::vector<Slot> slots_;  // of the tickets from first_ticket_ on
  uint64_t first_ticket_ = 0;
  event::Timer unmute_;
  int64_t last_active_ = 0;
  int64_t muted_until_ms_ = 0;
  uint32_t outstanding_ = 0;  // delivered and not answered
  bool exclusive_ = false;    // it lets no other start beside it
  bool finishing_ = false;    // may read its frame to the end although the budget is exhausted
  bool muted_ = false;
  bool eof_ = false;       // the client sends no more; what it sent is still answered
  bool draining_ = false;  // no further request is taken
  bool closing_ = false;   // an answer asked to close: nothing is sent after what is queued
  bool reading_ = false;   // the read event is armed
  bool writing_ = false;   // the write event is armed
  bool waits_for_disk_ = false;
  bool waits_for_memory_ = false;
};

}  // namespace meerkat::net
