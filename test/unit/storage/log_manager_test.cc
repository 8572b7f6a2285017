#include <set>

#include "storage/log_directory.h"
#include "storage/meta_properties.h"
#include "storage/offset_checkpoint.h"
#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;

TEST(PartitionDirName, TellsWhatADirectoryIs) {
  struct Case {
    std::string name;
    bool known;
    DirKind kind;
    TopicPartition tp;
  } cases[] = {
      {"t-0", true, DirKind::log, {"t", 0}},
      {"a-b.c_d-12", true, DirKind::log, {"a-b.c_d", 12}},
      {"__consumer_offsets-49", true, DirKind::log, {"__consumer_offsets", 49}},
      {"r1-0.5f0e7e00000000000000000000000000-delete", true, DirKind::deleted, {"r1", 0}},
      {"r1-3.5f0e7e00000000000000000000000000-future", true, DirKind::future, {"r1", 3}},
      {"r1-3.5f0e7e00000000000000000000000000-stray", true, DirKind::stray, {"r1", 3}},
      {"__cluster_metadata-0", true, DirKind::ignored, {}},
      {"junkdir", false, DirKind::log, {}},
      {"junk-dir", false, DirKind::log, {}},
      {"-1", false, DirKind::log, {}},
      {"t-", false, DirKind::log, {}},
      {"t-99999999999", false, DirKind::log, {}},
      {"t t-0", false, DirKind::log, {}},
  };
  for (auto& c : cases) {
    auto parsed = parse_partition_dir(c.name);
    ASSERT_EQ(parsed.has_value(), c.known) << c.name;
    if (!parsed) continue;
    EXPECT_EQ(parsed->kind, c.kind) << c.name;
    EXPECT_EQ(parsed->tp, c.tp) << c.name;
  }
  TopicPartition longest{std::string(249, 'x'), 12345};
  auto name = marked_dir_name(longest, Uuid::random(), "-delete");
  EXPECT_EQ(name.size(), 255u);
  EXPECT_EQ(parse_partition_dir(name)->kind, DirKind::deleted);
}

class Manager : public LogTest {};

TEST_F(Manager, WritesKafkasCheckpointFiles) {
  ASSERT_TRUE(append(log("t1", 1)).ok());
  log("t1", 1).advance_high_watermark(1);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(append(log("__consumer_offsets", 2)).ok());
  log("__consumer_offsets", 2).advance_high_watermark(6);
  ASSERT_TRUE(log("__consumer_offsets", 2).delete_records(4).ok());
  ASSERT_TRUE(log("t1", 1).flush().ok());
  manager_->checkpoint_high_watermarks();
  manager_->checkpoint_recovery_points();
  manager_->checkpoint_log_start_offsets();
  EXPECT_EQ(as_text(fs_.content("/logs/replication-offset-checkpoint")), "0\n2\n__consumer_offsets 2 6\nt1 1 1\n");
  EXPECT_EQ(as_text(fs_.content("/logs/recovery-point-offset-checkpoint")), "0\n2\n__consumer_offsets 2 0\nt1 1 1\n");
  EXPECT_EQ(as_text(fs_.content("/logs/log-start-offset-checkpoint")), "0\n1\n__consumer_offsets 2 4\n")
      << "only where the first segment's name does not say it";
}

TEST_F(Manager, TiesADirectoryToItsTopicId) {
  auto id = *Uuid::parse("W4iV1s3SQaO8AMvaxmKooA");
  ASSERT_TRUE(manager_->get_or_create({"t", 0}, id).ok());
  scheduler_.advance(5000);
  EXPECT_EQ(as_text(fs_.content("/logs/t-0/partition.metadata")), "version: 0\ntopic_id: W4iV1s3SQaO8AMvaxmKooA");
  reopen_cleanly();
  EXPECT_EQ(log().topic_id(), id);
  EXPECT_EQ(manager_->get_or_create({"t", 0}, Uuid::random()).error().code, wire::ErrorCode::inconsistent_topic_id);
  EXPECT_TRUE(manager_->get_or_create({"t", 0}, id).ok());
}

TEST_F(Manager, SpreadsNewLogsOverTheDirectories) {
  manager_->shutdown();
  dirs_ = {"/a", "/b/"};
  open();
  std::multiset<std::string> parents;
  for (int p = 0; p < 6; ++p) parents.insert(log("t", p).parent_dir());
  EXPECT_EQ(parents.count("/a"), 3u);
  EXPECT_EQ(parents.count("/b"), 3u);
  EXPECT_EQ((*manager_->get_or_create({"there", 0}, std::nullopt, "/b"))->parent_dir(), "/b");
  EXPECT_FALSE(manager_->get_or_create({"there", 1}, std::nullopt, "/c").ok());
  reopen_cleanly();
  EXPECT_EQ(manager_->all().size(), 7u);
}

TEST_F(Manager, CreatesManyAtATimeSpreadOverTheDirectories) {
  manager_->shutdown();
  dirs_ = {"/a", "/b"};
  open();
  log("t", 7);
  std::vector<TopicPartition> wanted;
  for (int p = 0; p < 40; ++p) wanted.push_back({"t", p});
  manager_->create_missing(wanted);
  std::map<std::string, int> parents;
  for (auto& tp : wanted) {
    ASSERT_NE(manager_->get(tp), nullptr) << tp.to_string();
    ++parents[manager_->get(tp)->parent_dir()];
  }
  EXPECT_EQ(parents, (std::map<std::string, int>{{"/a", 20}, {"/b", 20}}));
  EXPECT_EQ(manager_->all().size(), 40u);
}

TEST_F(Manager, OneDeadDirectoryLeavesTheOthersServing) {
  manager_->shutdown();
  dirs_ = {"/a", "/b"};
  open();
  auto in_a = *manager_->get_or_create({"t", 0}, std::nullopt, "/a");
  auto in_b = *manager_->get_or_create({"t", 1}, std::nullopt, "/b");
  fs_.fail_at(1, EIO);
  EXPECT_FALSE(append(*in_a).ok());
  EXPECT_EQ(failed_dirs_, (Lines{"/a"}));
  EXPECT_TRUE(append(*in_b).ok());
  EXPECT_TRUE(manager_->offline({"t", 0}));
  EXPECT_EQ((*manager_->get_or_create({"t", 2}, std::nullopt))->parent_dir(), "/b");
  in_a.reset();
  in_b.reset();
  manager_->shutdown();
  EXPECT_FALSE(fs_.exists("/a/.kafka_cleanshutdown"));
  EXPECT_TRUE(fs_.exists("/b/.kafka_cleanshutdown"));
}

TEST_F(Manager, DeletesLogsLater) {
  ASSERT_TRUE(append(log()).ok());
  auto l = log_;
  auto read = l->read(0, 1000, ReadBound::log_end, true);
  ASSERT_TRUE(manager_->remove({"t", 0}).ok());
  EXPECT_EQ(manager_->get({"t", 0}), nullptr);
  EXPECT_FALSE(append(*l).ok());
  EXPECT_FALSE(fs_.exists("/logs/t-0"));
  EXPECT_TRUE(fs_.exists(l->path()));
  EXPECT_EQ(append(log())->first_offset, 0) << "the name is free at once";
  scheduler_.advance(60'000);
  EXPECT_FALSE(fs_.exists(l->path()));
  Bytes bytes(static_cast<size_t>(read->records.length));
  EXPECT_EQ(*read->records.file->pread(bytes, 0), bytes.size()) << "an answer under way still has its file";
  log_.reset();

  ASSERT_TRUE(manager_->remove({"t", 0}).ok());
  reopen_after_kill();
  EXPECT_EQ(manager_->get({"t", 0}), nullptr);
  scheduler_.advance(60'000);
  for (auto& path : fs_.all_files()) EXPECT_EQ(path.find("-delete"), std::string::npos) << path;
}

TEST_F(Manager, ANewLogHasNothingOfAnEarlierOneOfItsName) {
  for (const bool crash_between : {false, true}) {
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(append(log()).ok());
    log().advance_high_watermark(9);
    ASSERT_TRUE(log().delete_records(5).ok());
    ASSERT_TRUE(log().flush().ok());
    manager_->checkpoint_high_watermarks();
    manager_->checkpoint_recovery_points();
    manager_->checkpoint_log_start_offsets();
    log_.reset();
    ASSERT_TRUE(manager_->remove({"t", 0}).ok());
    if (crash_between) reopen_after_kill();
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(append(log()).ok());
    reopen_after_kill();
    EXPECT_EQ(log().log_start_offset(), 0) << crash_between;
    EXPECT_EQ(log().recovery_point(), 0) << crash_between;
    EXPECT_EQ(log().high_watermark(), 0) << crash_between;
    EXPECT_EQ(log().log_end_offset(), 7) << crash_between;
    log_.reset();
    ASSERT_TRUE(manager_->remove({"t", 0}).ok());
  }
}

TEST_F(Manager, ChecksMetaProperties) {
  EXPECT_EQ(manager_->stored_ids().broker_id, -1);
  ASSERT_TRUE(manager_->set_ids(3, "some-cluster-id-of-22ch").ok());
  reopen_cleanly();
  EXPECT_EQ(manager_->stored_ids().broker_id, 3);
  EXPECT_EQ(manager_->stored_ids().cluster_id, "some-cluster-id-of-22ch");
  EXPECT_TRUE(manager_->set_ids(3, "some-cluster-id-of-22ch").ok());
  EXPECT_FALSE(manager_->set_ids(4, "some-cluster-id-of-22ch").ok());
  EXPECT_FALSE(manager_->set_ids(3, "another").ok());
  auto text = std::string(as_text(fs_.content("/logs/meta.properties")));
  EXPECT_TRUE(text.starts_with("#\n#")) << text;
  EXPECT_TRUE(text.ends_with("\nbroker.id=3\nversion=0\ncluster.id=some-cluster-id-of-22ch\n")) << text;

  const std::string java = "#\n#Sat Nov 21 07:00:00 UTC 2026\ncluster.id=abc\nversion=0\nbroker.id=12\n";
  fs_.set_content("/logs/meta.properties", Bytes(java.begin(), java.end()));
  auto meta = read_meta_properties(fs_, "/logs");
  ASSERT_TRUE(meta.ok() && *meta);
  EXPECT_EQ((*meta)->broker_id, 12);
  EXPECT_EQ((*meta)->cluster_id, "abc");
  const std::string kraft = "version=1\nnode.id=1\n";
  fs_.set_content("/logs/meta.properties", Bytes(kraft.begin(), kraft.end()));
  EXPECT_FALSE(read_meta_properties(fs_, "/logs").ok());
}

TEST_F(Manager, TimersDoTheUpkeep) {
  config_.segment_bytes = 1000;
  config_.retention_ms = 1000;
  manager_->start();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(append(log(), {.values = {std::string(300, 'x')}, .timestamp = clock_.wall_ms()}).ok());
  }
  log().advance_high_watermark(10);
  scheduler_.advance(5'000);
  EXPECT_EQ(as_text(fs_.content("/logs/replication-offset-checkpoint")), "0\n1\nt 0 10\n");
  clock_.advance_ms(10'000);
  scheduler_.advance(300'000);
  EXPECT_EQ(log().log_start_offset(), 10);
  EXPECT_EQ(as_text(fs_.content("/logs/recovery-point-offset-checkpoint")), "0\n1\nt 0 10\n");
}

TEST_F(Manager, SegmentsBeforeTheActiveOneAreSoonOutOfRecovery) {
  config_.segment_bytes = 1000;
  manager_->start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(log(), {.values = {std::string(300, 'x')}}).ok());
  scheduler_.advance(1'000);
  EXPECT_EQ(as_text(fs_.content("/logs/recovery-point-offset-checkpoint")), "0\n1\nt 0 10\n");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(log(), {.values = {std::string(300, 'x')}}).ok());
  EXPECT_EQ(as_text(fs_.content("/logs/recovery-point-offset-checkpoint")), "0\n1\nt 0 10\n") << "gathered";
  scheduler_.advance(1'000);
  EXPECT_EQ(as_text(fs_.content("/logs/recovery-point-offset-checkpoint")), "0\n1\nt 0 20\n");
}

TEST_F(Manager, ACrashWhileLoadingStillCountsAsUnclean) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(log()).ok());
  log_.reset();
  manager_->shutdown();
  manager_.reset();
  auto content = fs_.content(file(0, ".log"));
  scheduler_.drop_all();
  open();
  content.resize(content.size() + 9, 1);
  fs_.set_content(file(0, ".log"), content);
  reopen_after_kill();
  EXPECT_EQ(log().log_end_offset(), 3);
  EXPECT_EQ(fs_.content(file(0, ".log")).size(), content.size() - 9) << "recovered, not trusted";
}

}  // namespace
}  // namespace meerkat::storage
