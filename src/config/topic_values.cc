#include "config/topic_values.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "config/text.h"
#include "config/topic_configs.h"

namespace meerkat::config {
namespace {

// The checked override, or what the broker has for it, or the default.
class Reader {
 public:
  Reader(const Config& broker, const Entries& checked) : broker_(broker), checked_(checked) {}

  std::string text(std::string_view name) const {
    if (auto it = checked_.find(name); it != checked_.end()) return it->second;
    const TopicDefinition* row = find_topic_config(name);
    if (!row->server_key.empty()) {
      if (auto value = broker_.get_resolved(row->server_key)) return *value;
    }
    return row->definition.default_value;
  }

  void operator()(std::string_view name, bool* out) const { *out = text(name) == "true"; }
  void operator()(std::string_view name, std::string* out) const { *out = text(name); }
  void operator()(std::string_view name, std::vector<std::string>* out) const { *out = split_list(text(name)); }
  void operator()(std::string_view name, int32_t* out) const { parse(text(name), out); }
  void operator()(std::string_view name, int64_t* out) const { parse(text(name), out); }
  void operator()(std::string_view name, double* out) const { parse(text(name), out); }

 private:
  template <class T>
  static void parse(const std::string& text, T* out) {
    std::from_chars(text.data(), text.data() + text.size(), *out);
  }
  const Config& broker_;
  const Entries& checked_;
};

}  // namespace

Result<TopicConfig> resolve_topic_config(const Config& broker, const Entries& overrides) {
  Entries checked;
  for (const auto& [name, value] : overrides) {
    const TopicDefinition* row = find_topic_config(name);
    if (row == nullptr) continue;  // may be a newer broker's
    auto canonical = check_value(row->definition, value);
    if (!canonical) return canonical.failure();
    checked.emplace(name, std::move(*canonical));
  }
  Reader get(broker, checked);
  TopicConfig t;
  std::vector<std::string> policies;
  get("cleanup.policy", &policies);
  t.cleanup_delete = std::find(policies.begin(), policies.end(), "delete") != policies.end();
  t.cleanup_compact = std::find(policies.begin(), policies.end(), "compact") != policies.end();
  get("retention.ms", &t.retention_ms);
  get("retention.bytes", &t.retention_bytes);
  get("segment.bytes", &t.segment_bytes);
  get("segment.ms", &t.segment_ms);
  get("segment.jitter.ms", &t.segment_jitter_ms);
  get("segment.index.bytes", &t.segment_index_bytes);
  get("index.interval.bytes", &t.index_interval_bytes);
  get("flush.messages", &t.flush_messages);
  get("flush.ms", &t.flush_ms);
  get("file.delete.delay.ms", &t.file_delete_delay_ms);
  get("preallocate", &t.preallocate);
  get("max.message.bytes", &t.max_message_bytes);
  get("min.insync.replicas", &t.min_insync_replicas);
  get("compression.type", &t.compression_type);
  get("compression.gzip.level", &t.compression_gzip_level);
  get("compression.lz4.level", &t.compression_lz4_level);
  get("compression.zstd.level", &t.compression_zstd_level);
  t.log_append_time = get.text("message.timestamp.type") == "LogAppendTime";
  // The older key for both directions counts where a newer one is at its default.
  constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();
  int64_t difference = kNoLimit;
  get("message.timestamp.difference.max.ms", &difference);
  get("message.timestamp.before.max.ms", &t.message_timestamp_before_max_ms);
  get("message.timestamp.after.max.ms", &t.message_timestamp_after_max_ms);
  if (t.message_timestamp_before_max_ms == kNoLimit) t.message_timestamp_before_max_ms = difference;
  if (t.message_timestamp_after_max_ms == kNoLimit) t.message_timestamp_after_max_ms = difference;
  get("message.downconversion.enable", &t.message_downconversion_enable);
  get("min.cleanable.dirty.ratio", &t.min_cleanable_dirty_ratio);
  get("min.compaction.lag.ms", &t.min_compaction_lag_ms);
  get("max.compaction.lag.ms", &t.max_compaction_lag_ms);
  get("delete.retention.ms", &t.delete_retention_ms);
  get("unclean.leader.election.enable", &t.unclean_leader_election_enable);
  get("leader.replication.throttled.replicas", &t.leader_replication_throttled_replicas);
  get("follower.replication.throttled.replicas", &t.follower_replication_throttled_replicas);
  return t;
}

std::vector<DescribedConfig> describe_topic(const Config& broker, const Entries& overrides) {
  Entries checked;
  for (const auto& [name, value] : overrides) {
    const TopicDefinition* row = find_topic_config(name);
    if (row == nullptr) continue;
    auto canonical = check_value(row->definition, value);
    checked.emplace(name, canonical ? *canonical : value);
  }
  Reader get(broker, checked);
  std::vector<DescribedConfig> out;
  for (const auto& [definition, server_key] : topic_config_table()) {
    DescribedConfig line;
    line.name = definition.name;
    line.type = definition.type;
    line.doc = definition.doc;
    line.value = get.text(definition.name);
    if (!server_key.empty()) line.synonyms = broker.synonyms(server_key);
    if (checked.contains(definition.name)) {
      line.synonyms.insert(line.synonyms.begin(), {line.name, line.value, Source::topic});
    }
    line.source = line.synonyms.empty() ? Source::default_config : line.synonyms.front().source;
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace meerkat::config
